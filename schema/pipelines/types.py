"""Pipelines and stages in the API."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry

from crm.pipelines.facts import Demands
from schema.connections import Connection
from schema.context import Info
from schema.deals.lists import CARDS
from schema.fields import computed, every, many, one, shown
from schema.lazy import LazyDeal
from schema.money import Money
from schema.node import Node
from schema.pipelines.enums import DealField, StageKind
from schema.pipelines.lists import NOT_ARCHIVED, STAGES
from schema.reads.mapping import READ, Column, Computed, Gathered, Items

OF_PIPELINE = "{row}.pipeline_id = {parent}"
_SUMMED = """SELECT
        coalesce(sum(deals), 0)::bigint AS count,
        coalesce(array_agg(currency ORDER BY currency) FILTER (WHERE currency <> ''), '{{}}') AS currencies,
        coalesce(array_agg(minor ORDER BY currency) FILTER (WHERE currency <> ''), '{{}}') AS minors
    FROM (
        SELECT currency COLLATE "C" AS currency, sum(deals) AS deals, sum(minor) AS minor FROM (
            {parts}
        ) AS parts GROUP BY 1 HAVING sum(deals) <> 0
    ) AS summed"""
_ROLLED_UP = """SELECT currency, deals, minor FROM stage_tally AS tally
            WHERE tally.workspace_id = {workspace} AND tally.stage_id = {row}.id
            UNION ALL
            SELECT currency, deals, minor FROM stage_delta AS delta
            WHERE delta.workspace_id = {workspace} AND delta.stage_id = {row}.id"""
_COUNTED = """SELECT coalesce(currency, '') AS currency, 1 AS deals, amount_minor AS minor FROM deal AS counted
            WHERE counted.workspace_id = {workspace} AND counted.stage_id = {row}.id AND counted.archived_at IS NULL
            AND {visible}"""
TOTALS = Gathered(of="Deal", sql=_SUMMED.replace("{parts}", _ROLLED_UP), counted=_SUMMED.replace("{parts}", _COUNTED))


def _own_fields(stored: str) -> list[str]:
    return [field.value for field in Demands.of(orjson.loads(stored)).fields]


def _custom_keys(stored: str) -> list[str]:
    return list(Demands.of(orjson.loads(stored)).custom_keys)


@strawberry.type(description="What lies in a stage.")
class StageTotals:
    count: int = strawberry.field(description="How many deals.", metadata={READ: Column("count")})
    amounts: list[Money] = strawberry.field(
        description="Their sum in each currency; currencies are never mixed.",
        metadata={READ: Items({"minor": "minors", "currency": "currencies"})},
    )


@strawberry.type(description="A board: stages from left to right.")
class Pipeline(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("Its name.")
    description: str | None = shown("What it is for.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    archived_at: datetime | None = shown("When it was put away; null: it is in use.")
    stages: list[Stage] = every(STAGES, "Its stages, from left to right.", on=f"{OF_PIPELINE} AND {NOT_ARCHIVED}")


@strawberry.type(description="A column of a board.")
class Stage(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("Its name; only people read it.")
    kind: StageKind = shown("Whether deals in it are open, won or lost.")  # type: ignore[valid-type]
    probability: int = shown("How likely a deal in it is won, in percent.")
    rotting_after_days: int | None = shown(
        "After how many days without anything happening a deal in it is rotting; null: never."
    )
    description: str | None = shown("When a deal belongs into it.")
    color: str | None = shown("The color it is shown in, as in CSS: #1e90ff.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    archived_at: datetime | None = shown("When it was deleted: no board shows it, histories do.")
    pipeline: Pipeline = one("pipeline_id", "Pipeline", "The pipeline it belongs to.")
    deals: Connection[LazyDeal] = many(CARDS, "Its deals in board order.", by="stage_id")

    @computed(
        "Which of its own fields a deal must have to come into the stage.",
        Computed(("required_fields",), _own_fields),
    )
    def required_fields(self) -> list[DealField]:  # type: ignore[valid-type]
        return list(Demands.of(self.row.required_fields).fields)

    @computed(
        "Which custom fields a deal must have to come into the stage, by their keys.",
        Computed(("required_fields",), _custom_keys),
    )
    def required_custom_fields(self) -> list[str]:
        return list(Demands.of(self.row.required_fields).custom_keys)

    @computed("How many deals it holds, and their sums.", TOTALS)
    async def totals(self, info: Info) -> StageTotals:
        count, sums = await info.context.totals.load(self.row.id)
        return StageTotals(count=count, amounts=[Money.of(money) for money in sums])
