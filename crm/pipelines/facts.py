"""Stages and their kinds, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class StageKind(StrEnum):
    """What it means for a deal to be in a stage. Stages are found by kind, never by name."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class DealField(StrEnum):
    """The fields of its own that a deal may be without, and that a stage may demand."""

    AMOUNT = "AMOUNT"
    CONTACT = "CONTACT"
    ORGANIZATION = "ORGANIZATION"
    EXPECTED_CLOSE_DATE = "EXPECTED_CLOSE_DATE"
    OWNER = "OWNER"
    DESCRIPTION = "DESCRIPTION"


CUSTOM = "custom:"
"""Begins the demand for a custom field of deals; its key follows."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a deal must have to come into a stage."""

    fields: tuple[DealField, ...] = ()
    custom_keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: list[str]) -> Demands:
        """Out of the names as they are stored."""
        return cls(
            tuple(DealField(name) for name in names if not name.startswith(CUSTOM)),
            tuple(name.removeprefix(CUSTOM) for name in names if name.startswith(CUSTOM)),
        )

    @property
    def names(self) -> list[str]:
        """As they are stored."""
        return [*(field.value for field in self.fields), *(f"{CUSTOM}{key}" for key in self.custom_keys)]


@dataclass(frozen=True, slots=True)
class NewStage:
    """A column of a board that is to be made."""

    name: str
    kind: StageKind
    probability: int | None = None
    """In percent; None: 100 for WON, 0 for LOST."""
    color: str | None = None
    rotting_after_days: int | None = None
    demands: Demands = Demands()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What decisions about deals need to know of a stage."""

    id: UUID
    pipeline_id: UUID
    name: str
    kind: StageKind
    archived: bool = False
    """It was deleted."""
