"""All rows of the workspace in memory: what the oracle knows, and nothing it asks a database for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.deals.pace import Pace
from crm.leads.facts import Answer, Criterion, CriterionSetting, Policy, PolicyMode
from crm.money import Money
from schema.reads.mapping import Many

_BY_COLUMN = re.compile(r"\{row\}\.(\w+) = \{parent\}")

Members = Callable[["Facts", UUID | None], Sequence[Any]]


class Facts:
    """The rows by kind and by id, and which of them are in which list."""

    def __init__(self, rows: Mapping[str, Sequence[Any]]) -> None:
        self.rows = rows
        self.by_id = {kind: {row.id: row for row in all_of} for kind, all_of in rows.items()}
        self._indexes: dict[tuple[str, str], dict[Any, list[Any]]] = {}

    def where(self, kind: str, column: str, value: Any) -> Sequence[Any]:
        """The rows of a kind whose column holds the value (which is not null)."""
        index = self._indexes.get((kind, column))
        if index is None:
            index = self._indexes[kind, column] = defaultdict(list)
            for row in self.rows[kind]:
                index[getattr(row, column)].append(row)
        return index.get(value, ())

    def listed(self, type_name: str, field: str, read: Many, parent_id: UUID | None) -> Sequence[Any]:
        """The rows of a list, in no order.

        Raises: LookupError for a list whose condition is neither ``by`` a column nor told in ``SPECIAL``.
        """
        if (type_name, field) in SPECIAL:
            return SPECIAL[type_name, field](self, parent_id)
        if read.on is None:
            return self.rows[read.listing.kind]
        simple = _BY_COLUMN.fullmatch(read.on)
        if simple is None:
            raise LookupError(f"{type_name}.{field}: say in SPECIAL which rows are in it, for it is not by a column")
        return self.where(read.listing.kind, simple[1], parent_id)

    # What is shown of a row beyond its columns

    def emails(self, kind: str, id: UUID) -> list[str]:
        return [row.address for row in self._in_place(f"{kind}Email", kind, id)]

    def phones(self, kind: str, id: UUID) -> list[str]:
        return [row.number for row in self._in_place(f"{kind}Phone", kind, id)]

    def postal_addresses(self, id: UUID) -> Sequence[Any]:
        kind = "Contact" if id in self.by_id["Contact"] else "Organization"
        return self._in_place("PostalAddress", kind, id)

    def _in_place(self, part: str, kind: str, id: UUID) -> Sequence[Any]:
        return sorted(self.where(part, f"{kind.lower()}_id", id), key=lambda row: row.position)

    def custom_fields(self, entity: Any) -> list[Any]:
        used = [row for row in self.where("CustomField", "entity", str(entity)) if row.archived_at is None]
        return sorted(used, key=lambda row: (row.position, row.id.bytes))

    def answers(self, lead_id: UUID) -> dict[Criterion, Answer]:
        return {Criterion(row.criterion): row.facts() for row in self.where("CriterionAnswer", "lead_id", lead_id)}

    def policy(self) -> Policy:
        (row,) = self.rows["QualificationPolicy"]
        criteria = {
            Criterion(one.criterion): CriterionSetting(one.weight, one.fresh_days, one.question)
            for one in self.rows["CriterionRule"]
        }
        return Policy(PolicyMode(row.mode), row.needed, row.threshold, criteria, "de")

    def pace(self, deal_id: UUID, now: datetime) -> Pace:
        (stay,) = (row for row in self.where("StageChange", "deal_id", deal_id) if row.left_at is None)
        moments = [row.at for row in _timeline_of_deal(self, deal_id)]
        past = [at for at in moments if at <= now]
        return Pace(stay.entered_at, max(past) if past else None, len(past) < len(moments))

    def totals(self, stage_id: UUID) -> tuple[int, list[Money]]:
        sums: dict[str, int] = defaultdict(int)
        deals = [deal for deal in self.where("Deal", "stage_id", stage_id) if deal.archived_at is None]
        for deal in deals:
            if deal.currency is not None:
                sums[deal.currency] += deal.amount_minor
        return len(deals), [Money(sums[code], code) for code in sorted(sums)]


def _tags_of(column: str) -> Members:
    return lambda facts, id: [facts.by_id["Tag"][row.tag_id] for row in facts.where("Tagging", column, id)]


def _stages_of_pipeline(facts: Facts, pipeline_id: UUID | None) -> Sequence[Any]:
    return [row for row in facts.where("Stage", "pipeline_id", pipeline_id) if row.archived_at is None]


def _timeline_of_deal(facts: Facts, deal_id: UUID | None) -> Sequence[Any]:
    own = facts.where("Activity", "deal_id", deal_id)
    leads = facts.where("Lead", "deal_id", deal_id)
    of_leads = [row for lead in leads for row in facts.where("Activity", "lead_id", lead.id)]
    return list({row.id: row for row in [*own, *of_leads]}.values())


SPECIAL: Mapping[tuple[str, str], Members] = {
    ("Query", "pipelines"): lambda facts, _: [row for row in facts.rows["Pipeline"] if not row.archived_at],
    ("Query", "archivedPipelines"): lambda facts, _: [row for row in facts.rows["Pipeline"] if row.archived_at],
    ("Pipeline", "stages"): _stages_of_pipeline,
    **{(kind, "tags"): _tags_of(f"{kind.lower()}_id") for kind in ("Contact", "Organization", "Lead", "Deal")},
    ("Deal", "timeline"): _timeline_of_deal,
}
"""The lists that hold what no single column says, each by hand: all of them, so that none is forgotten."""
