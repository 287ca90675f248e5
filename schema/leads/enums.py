"""The words that leads are told in."""

from __future__ import annotations

from crm.leads import facts
from schema.enums import described

LeadState = described(
    facts.LeadState,
    "Where a lead stands. Only mutations named by verbs change it.",
    NEW="It came in; nobody has worked on it.",
    PROSPECTING="Its questions are being answered.",
    QUALIFIED="It is worth a deal.",
    DISQUALIFIED="It was put aside, for a reason.",
    CONVERTED="It became a deal, or feeds one.",
)
Criterion = described(
    facts.Criterion,
    "The four questions of BANT.",
    BUDGET="Is there money for it?",
    AUTHORITY="Who decides, and who holds the budget?",
    NEED="What is needed?",
    TIMEFRAME="By when?",
)
CriterionState = described(
    facts.CriterionState,
    "How a question is answered.",
    UNKNOWN="Nobody has asked, or the answer was taken back.",
    MET="It speaks for a deal.",
    NOT_MET="It speaks against one.",
    PENDING="It was asked, and will be known by `pendingUntil`.",
)
SuggestionState = described(
    facts.SuggestionState,
    "What became of an answer that was read out of a text.",
    PROPOSED="It waits for a person.",
    ACCEPTED="The question was answered by it.",
    REFUSED="It was not right; the same words are not read again.",
    SUPERSEDED="Something else was read before anybody decided.",
)
PolicyMode = described(
    facts.PolicyMode,
    "How a workspace decides that a lead is qualified.",
    ALL_MET="All four criteria are MET.",
    N_OF_4="So many criteria as `needed` says are MET.",
    WEIGHTED="The weights of the criteria that are MET add up to `threshold`.",
)
QuestionReason = described(
    facts.QuestionReason,
    "Why a question is to be asked.",
    NEVER_ASKED="It has no answer, or the answer was taken back.",
    PENDING_DUE="It was PENDING until a day that has come.",
    NO_LONGER_FRESH="Its answer is older than it may be.",
)
