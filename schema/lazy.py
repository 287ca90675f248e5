"""Types that refer to each other in a circle: leads, deals and the people they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.contacts.types import Contact, Organization
    from schema.deals.types import Deal
    from schema.leads.conversions import Conversion
    from schema.leads.types import Lead
    from schema.merging.duplicates import ContactDuplicate, OrganizationDuplicate
    from schema.merging.types import Merge

# Values, not annotations, so that the quotes stay. Strawberry finds them by name in annotations: Connection[LazyLead].
LazyContact = Annotated["Contact", strawberry.lazy("schema.contacts.types")]
LazyOrganization = Annotated["Organization", strawberry.lazy("schema.contacts.types")]
LazyLead = Annotated["Lead", strawberry.lazy("schema.leads.types")]
LazyDeal = Annotated["Deal", strawberry.lazy("schema.deals.types")]
LazyMerge = Annotated["Merge", strawberry.lazy("schema.merging.types")]
LazyConversion = Annotated["Conversion", strawberry.lazy("schema.leads.conversions")]
LazyContactDuplicate = Annotated["ContactDuplicate", strawberry.lazy("schema.merging.duplicates")]
LazyOrganizationDuplicate = Annotated["OrganizationDuplicate", strawberry.lazy("schema.merging.duplicates")]
