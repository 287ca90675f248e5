"""Deals in the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from crm.customfields.facts import Entity
from crm.deals import pace, rules
from crm.deals.facts import DealStatus as Status
from crm.money import Money as Amount
from schema.accounts.types import Member
from schema.activities.lists import TIMELINE
from schema.activities.types import Activity
from schema.connections import Connection
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.customfields.types import CustomFieldValue, shown_values, values_of
from schema.deals.enums import DealStatus
from schema.deals.lists import STAYS
from schema.deals.stays import StageChange
from schema.fields import computed, every, many, one, shown
from schema.lazy import LazyConversion, LazyLead
from schema.leads.lists import CONVERSIONS, FEEDING
from schema.money import Money
from schema.node import Node
from schema.pipelines.types import Pipeline, Stage
from schema.reads.mapping import Computed, Inline, Of
from schema.tags.lists import TAGS, tags_of
from schema.tags.types import Tag

_STATUS = {status.value: status for status in Status}

TIMELINE_OF_DEAL = """({row}.deal_id = {parent} OR {row}.lead_id = ANY(ARRAY(
        SELECT l.id FROM lead AS l WHERE l.workspace_id = {workspace} AND l.deal_id = {parent})))"""
_HAPPENED = TIMELINE_OF_DEAL.replace("{row}", "a").replace("{parent}", "{row}.id")
ENTERED = """(SELECT c.entered_at FROM stage_change AS c
    WHERE c.workspace_id = {workspace} AND c.deal_id = {row}.id AND c.left_at IS NULL)"""
LAST_ACTIVITY = f"""(SELECT max(a.at) FROM activity AS a
    WHERE a.workspace_id = {{workspace}} AND a.at <= {{now}} AND {_HAPPENED})"""
IS_PLANNED = f"""EXISTS(SELECT 1 FROM activity AS a
    WHERE a.workspace_id = {{workspace}} AND a.at > {{now}} AND {_HAPPENED})"""


def _probability(status: str, of_stage: int, override: int | None) -> int:
    return rules.probability(_STATUS[status], of_stage, override)


def _days(context: Any, entered: datetime) -> int:
    return pace.days(entered, context.now)


def _is_rotting(
    context: Any, status: str, after_days: int | None, entered: datetime, last: datetime | None, planned: bool
) -> bool:
    return pace.is_rotting(_STATUS[status], after_days, pace.Pace(entered, last, planned), context.now)


PROBABILITY = Computed(
    (
        "CASE WHEN {row}.status = 'OPEN' THEN coalesce({row}.probability_override, {stage}.probability)"
        " ELSE {stage}.probability END",
    ),
    beside=(("stage", "stage_id", "Stage"),),
)


@strawberry.type(description="One possible sale: a card on the board.")
class Deal(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    title: str = shown("It in one line.")
    expected_close_date: date | None = shown("The day it is expected to be decided.")
    closed_at: datetime | None = shown("When it was won or lost; null while it is open.")
    lost_reason: str | None = shown("LOST: why.")
    won_reason: str | None = shown("WON: why, if somebody said.")
    description: str | None = shown("More about it.")
    archived_at: datetime | None = shown("When it was taken off the board; null: it is on it.")
    source: str | None = shown("Where it came from, carried over from its lead.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    status: DealStatus = shown("Whether it is open, won or lost.")  # type: ignore[valid-type]
    stage: Stage = one("stage_id", "Stage", "The column it stands in.")
    last_open_stage: Stage | None = one(
        "last_open_stage_id", "Stage", "WON or LOST: the open stage it was in last, to which reopenDeal takes it back."
    )
    pipeline: Pipeline = one("pipeline_id", "Pipeline", "The board it stands on.")
    contact: Contact | None = one("contact_id", "Contact", "Who it is made with.")
    organization: Organization | None = one("organization_id", "Organization", "The organization it is made with.")
    owner: Member | None = one("owner_id", "Member", "Who works on it.")
    tags: list[Tag] = every(TAGS, "Its tags, by name.", on=tags_of("deal"))
    leads: Connection[LazyLead] = many(
        FEEDING,
        "The leads that feed it, newest first, archived ones too; none for a deal made by hand.",
        by="deal_id",
    )
    stage_history: list[StageChange] = every(
        STAYS, "Every stay of it in a stage, in their order; the last one is where it is now.", by="deal_id"
    )
    conversions: Connection[LazyConversion] = many(
        CONVERSIONS,
        "Each lead that was converted into it, the latest first: also those of which that was undone.",
        by="deal_id",
    )
    timeline: Connection[Activity] = many(
        TIMELINE, "What happened to it and to the leads that feed it, latest first.", on=TIMELINE_OF_DEAL
    )

    @computed("What it would bring.", Inline({"minor": "amount_minor", "currency": "currency"}, null_when="currency"))
    def amount(self) -> Money | None:
        return Money.of_optional(self.row.amount)

    @computed("How likely it is won, in percent: its stage's, until a person says otherwise.", PROBABILITY)
    async def probability(self, info: Info) -> int:
        stage = await info.context.row_of("Stage", self.row.stage_id)
        return _probability(self.row.status, stage.probability, self.row.probability_override)

    @computed(
        "Whether its probability is a person's own estimate, and not its stage's.",
        Computed(("{row}.status = 'OPEN' AND {row}.probability_override IS NOT NULL",)),
    )
    def probability_is_manual(self) -> bool:
        return self.row.status == Status.OPEN.value and self.row.probability_override is not None

    @computed(
        "Its amount times its probability, rounded half up to the currency's minor unit.",
        Inline(
            {"minor": Computed(("amount_minor", PROBABILITY), pace.weighted), "currency": "currency"},
            null_when="currency",
        ),
    )
    async def weighted_amount(self, info: Info) -> Money | None:
        amount = self.row.amount
        if amount is None:
            return None
        stage = await info.context.row_of("Stage", self.row.stage_id)
        probability = _probability(self.row.status, stage.probability, self.row.probability_override)
        return Money.of(Amount(pace.weighted(amount.minor, probability), amount.currency))

    @computed("When it came into its stage.", Computed((ENTERED,)))
    async def entered_stage_at(self, info: Info) -> datetime:
        known: pace.Pace = await info.context.paces.load(self.row.id)
        return known.entered_at

    @computed("How many whole days it has been in its stage.", Computed((ENTERED,), _days, in_context=True))
    async def days_in_stage(self, info: Info) -> int:
        return pace.days((await info.context.paces.load(self.row.id)).entered_at, info.context.now)

    @computed(
        "Whether nothing has happened for longer than its stage allows, and nothing is planned; only while it is open.",
        Computed(
            ("status", Of("stage_id", "Stage", "rotting_after_days"), ENTERED, LAST_ACTIVITY, IS_PLANNED),
            _is_rotting,
            in_context=True,
        ),
    )
    async def is_rotting(self, info: Info) -> bool:
        stage = await info.context.row_of("Stage", self.row.stage_id)
        known = await info.context.paces.load(self.row.id)
        return pace.is_rotting(_STATUS[self.row.status], stage.rotting_after_days, known, info.context.now)

    @computed("Every custom field in use, in their order, with its value.", values_of(Entity.DEAL))
    async def custom_fields(self, info: Info) -> list[CustomFieldValue]:
        return shown_values(self.row.custom, await info.context.custom_fields.load(Entity.DEAL))
