"""Types that refer to each other in a circle: leads, deals and the people they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.deals.types import Deal
    from schema.leads.types import Lead

# Values, not annotations, so that the quotes stay. Strawberry finds them by name in annotations: Connection[LazyLead].
LazyLead = Annotated["Lead", strawberry.lazy("schema.leads.types")]
LazyDeal = Annotated["Deal", strawberry.lazy("schema.deals.types")]
