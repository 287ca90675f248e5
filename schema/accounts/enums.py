"""The words that members are told in."""

from __future__ import annotations

from crm.accounts import facts
from schema.enums import described

Role = described(
    facts.Role,
    "What a member may do, from most to least.",
    OWNER="Everything, and appoints others.",
    ADMIN="Sets up the workspace: its boards, channels, fields and policies.",
    MEMBER="Works: people, leads, deals.",
    VIEWER="Looks.",
)
