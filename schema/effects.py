"""Effects in the API: what a mutation did, or would do."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from crm import effects
from schema import ids
from schema.enums import described

EffectCode = described(
    effects.EffectCode,
    "What kind of effect it is; stable, for programs to branch on.",
    CREATES="A record is made.",
    FILLS="An empty field of a record is filled.",
    CHANGES="A field, or a state, changes.",
    MOVES="Something is given to another record.",
    CLOSES="A deal is won or lost by it.",
    REOPENS="A deal or lead is open again by it.",
    ARCHIVES="A record is put away.",
    RESTORES="A record that was put away is back.",
    LACKS="A field that is demanded is empty: without `dryRun` it is refused.",
    DUPLICATE="There is a record already that looks the same.",
    KEEPS="Something stays as it is that one might expect to change.",
)


@strawberry.type(description="One thing that a mutation did, or with `dryRun` would do.")
class Effect:
    code: EffectCode = strawberry.field(description="What kind of effect it is.")  # type: ignore[valid-type]
    message: str = strawberry.field(description="What happens to what, for people.")
    field: list[str] | None = strawberry.field(description="The field it is about, by its name; null where none is.")
    record_id: strawberry.ID | None = strawberry.field(
        description="The record it happens to; null where it is made, or none in particular."
    )

    @classmethod
    def of_all(cls, given: Iterable[effects.Effect]) -> list[Effect]:
        return [
            cls(
                code=effect.code,
                message=effect.message,
                field=list(effect.field) or None,
                record_id=strawberry.ID(ids.encode(*effect.record)) if effect.record else None,
            )
            for effect in given
        ]
