"""The rows of the world: nulls wherever they may be, ties in every order, texts and moments at their edges."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid5

from tortoise.models import Model

from crm import db
from crm.accounts.facts import Actor, Role
from crm.accounts.models import ApiKey, Member, Workspace
from crm.activities.models import Activity, ActivityKind
from crm.contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    Organization,
    OrganizationEmail,
    OrganizationPhone,
    PostalAddress,
)
from crm.customfields.facts import Entity, FieldKind
from crm.customfields.models import CustomField
from crm.deals.models import Deal, StageChange
from crm.doors import hashed
from crm.intake.facts import ChannelKind, InboundState
from crm.intake.models import Channel, InboundMessage
from crm.intake.secrets import SecretBox
from crm.leads.facts import Criterion, CriterionState, LeadState, PolicyMode, SuggestionState
from crm.leads.models import Conversion, CriterionAnswer, CriterionRule, Lead, QualificationPolicy, Suggestion
from crm.merging.facts import Part
from crm.merging.models import Merge
from crm.merging.receipts import Receipt
from crm.pipelines.models import Pipeline, Stage
from crm.tags.models import Tag, Tagging
from crm.text import name_key
from tests.conftest import NOW, SECRET

T = TypeVar("T")

MODELS: tuple[type[Model], ...] = (
    Member, Organization, Contact, ContactEmail, ContactPhone, OrganizationEmail, OrganizationPhone, PostalAddress,
    Pipeline, Stage, Deal, StageChange, QualificationPolicy, CriterionRule, Lead,
    CriterionAnswer, Conversion, Channel, InboundMessage, Activity, Tag, Tagging, CustomField,
    Suggestion, Merge,
)  # fmt: skip
FOREIGN = "F0REIGN"
"""Begins every text of the second workspace."""
REVOKED = "revoked "
"""Begins the key of the owner that opens nothing any more."""

TEXTS = (
    "plain", "Plain", "PLAIN", "Ärzte", "A\u0308rzte", "arzte", "Ärzte GmbH", "Straße", "STRASSE", "Øle", "ole",
    "100 %", "100_%", "_", "%", "\\", "back\\slash", 'quote "x"', "O'Neill", "$1::text", "{row}", "{}", "\u202eדוגמה",
    "名前", "💥", "\uffee", "𝒜", "e\u0301", "\u00b4", "\u2028", "tab\there", "line\nbreak", " ", "\x1f", "Zz", "zz",
    "null",
)  # fmt: skip
MOMENTS = (
    NOW, NOW, NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=1), NOW - timedelta(days=30, seconds=1),
    NOW + timedelta(days=400), datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999998, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC),
)  # fmt: skip
DAYS = (date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29), date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3))
AMOUNTS = (0, 1, 5, 99, 100, 12_345, 10**9, 10**17 - 1, 10**17, 10**17)
CURRENCIES = ("EUR", "EUR", "USD", "JPY", "KWD")
REQUIRED: tuple[list[str], ...] = ([], ["AMOUNT", "custom:region"], ["custom:a", "custom:b"], ["OWNER", "CONTACT"])
KEYS = ("size", "since", "vip", "trade", "lists", "x_1", "Ärger 'x' {}", "$1")
"""Keys of custom fields; the last ones are of no field that could be made."""
VALUES: tuple[Any, ...] = (
    "2026-03-02", "2026-03-03", "2024-02-29", "2026-99-99", "12026-01-01", "red", "green", "red", "", "5", "true",
    "null", "ä\u0308", True, False, 0, 5, Decimal("5.0"), Decimal("-0.10"), Decimal("0.1"), 10**29, Decimal("1e-29"),
    Decimal("12345678901234567890.1234567891"), 10**400, ["red"], ["green", "red"], [], ["red", 5, None, ["red"]],
    {"red": 1}, {"size": 5}, None, None,
)  # fmt: skip
"""Whatever JSON can hold."""
RANKS = ("0", "0001", "1", "A", "AA", "Z", "Zz", "a", "a0", "z", "zz")


def key_of(member: Any) -> str:
    """A member's bearer key."""
    return f"the key of {member.id}"


class Filling:
    """Makes the rows of one workspace."""

    def __init__(self, number: int, mark: str) -> None:
        self.workspace_id = UUID(int=0x7000_8000_0000_0000_0000 + number)
        self.made: dict[str, list[Any]] = {model.__name__: [] for model in MODELS}
        self._mark = mark
        self._chance = Random(number)

    def actor(self, member: Any) -> Actor:
        return Actor(self.workspace_id, member.id, Role(member.role))

    async def fill(self) -> None:
        region = "US" if self._mark else "DE"
        await Workspace.create(id=self.workspace_id, name=f"{self._mark}Law", region=region, created_at=NOW)
        for step in (
            self._members, self._organizations, self._contacts, self._addresses, self._postal,
            self._board, self._deals, self._stays,
            self._policy, self._leads, self._conversions, self._channels, self._messages, self._activities,
            self._answers, self._tags,
            self._custom_fields,
            self._suggestions,
            self._merges,
        ):  # fmt: skip
            await step()

    # Words

    def _one(self, values: Sequence[T]) -> T:
        return self._chance.choice(values)

    def _maybe(self, values: Sequence[T], share: float = 0.6) -> T | None:
        return self._one(values) if self._chance.random() < share else None

    def _text(self, number: int, limit: int = 200) -> str:
        """A troublesome text; some are as long as the column takes."""
        if number % 29 == 28:
            start, filler = self._one(("ß", "💥", "a", "\u0301")), self._one(("ß", "%", "Ａ"))
            return f"{self._mark}{start}".ljust(limit, filler)
        return self._mark + TEXTS[number % len(TEXTS)]

    def _maybe_text(self, share: float = 0.6) -> str | None:
        return self._text(self._chance.randrange(200)) if self._chance.random() < share else None

    async def _add(self, model: type[Model], rows: list[dict[str, Any]]) -> list[Any]:
        kind = model.__name__
        made = []
        for row in rows:
            id = uuid5(self.workspace_id, f"{kind} {len(self.made[kind]) + len(made)}")
            made.append(model(id=id, workspace_id=self.workspace_id, **row))
        await model.bulk_create(made)
        self.made[kind] += made
        return made

    def _versioned(self) -> dict[str, Any]:
        return {
            "version": self._one((1, 1, 2, 2**31 - 1)),
            "created_at": self._one(MOMENTS),
            "updated_at": self._one(MOMENTS),
        }

    def _ids(self, kind: str) -> list[UUID]:
        return [row.id for row in self.made[kind]]

    def _custom(self) -> dict[str, Any]:
        """Values of some fields, of whatever type: what was written long ago may fit no field of today."""
        return {key: self._one(VALUES) for key in KEYS if self._chance.random() < 0.5}

    # Rows

    async def _members(self) -> None:
        roles = (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER, Role.MEMBER)
        await self._add(
            Member,
            [
                {
                    "name": self._text(number * 7), "email": f"{self._mark}M{number}@ex\u00e4mple.test",
                    "email_normalized": f"{self._mark}m{number}", "role": role.value, **self._versioned(),
                }
                for number, role in enumerate(roles)
            ],
        )  # fmt: skip

        keys = [
            {"member_id": member.id, "name": "law", "key_hash": hashed(key_of(member)), "created_at": NOW}
            for member in self.made["Member"]
        ]
        await ApiKey.bulk_create([ApiKey(workspace_id=self.workspace_id, **key) for key in keys])
        revoked = {**keys[0], "key_hash": hashed(REVOKED + key_of(self.made["Member"][0])), "revoked_at": NOW}
        await ApiKey.create(workspace_id=self.workspace_id, **revoked)

    def _named(self, number: int) -> dict[str, Any]:
        name = self._text(number)
        archived = self._one(MOMENTS) if number % 7 == 3 else None
        return {
            "name": name, "name_folded": name_key(name), "archived_at": archived, "description": self._maybe_text(0.4),
            "owner_id": self._maybe(self._ids("Member"), 0.7), "custom": self._custom(),
            **self._versioned(),
        }  # fmt: skip

    def _one_of_first(self, kind: str, many: int, number: int) -> UUID | None:
        """The id of one of the first rows of a kind that is in the making; none for those themselves."""
        return uuid5(self.workspace_id, f"{kind} {number % many}") if number >= many else None

    async def _organizations(self) -> None:
        rows = []
        for number in range(len(TEXTS)):
            row = {**self._named(number), "domain": f"{self._mark.lower()}{number}.test" if number % 3 else None}
            row["parent_id"] = self._one_of_first("Organization", 4, number) if number % 4 else None
            row["merged_into_id"] = self._one_of_first("Organization", 5, number) if row["archived_at"] else None
            rows.append(row)
        await self._add(Organization, rows)

    async def _contacts(self) -> None:
        organizations = self._ids("Organization")[:9]
        rows = [
            {
                **self._named(number), "job_title": self._maybe_text(0.5),
                "organization_id": self._maybe([organizations[0], *organizations], 0.7),
            }
            for number in range(130)
        ]  # fmt: skip
        for number, row in enumerate(rows):
            row["merged_into_id"] = self._one_of_first("Contact", 12, number) if row["archived_at"] else None
        await self._add(Contact, rows)

    async def _addresses(self) -> None:
        emails, phones = [], []
        for number, contact in enumerate(self.made["Contact"]):
            for position in range(number % 4):
                address = f"{self._mark}{self._one(('a', 'Z', 'ä'))}{number}.{position}@x.test"
                place = 2 - position
                emails.append(
                    {"contact_id": contact.id, "position": place, "address": address, "address_normalized": address}
                )
            phones += [
                {"contact_id": contact.id, "position": p, "number": f"+4930{self._chance.randrange(10**6)}"}
                for p in range(number % 3)
            ]
        await self._add(ContactEmail, emails)
        await self._add(ContactPhone, phones)
        emails, phones = [], []
        for number, organization in enumerate(self.made["Organization"]):
            whose = {"organization_id": organization.id}
            for position in range(number % 3):
                address = f"{self._mark}Info{number}.{position}@\u00e4.test"
                emails.append({**whose, "position": 7 - position, "address": address, "address_normalized": address})
            phones += [{**whose, "position": p, "number": f"+4930{number}"} for p in range((number + 1) % 3)]
        await self._add(OrganizationEmail, emails)
        await self._add(OrganizationPhone, phones)

    async def _postal(self) -> None:
        rows = []
        for kind in ("Contact", "Organization"):
            for number, id in enumerate(self._ids(kind)[:40]):
                for position in range(number % 4):
                    rows.append(
                        {
                            f"{kind.lower()}_id": id, "position": 3 - position,
                            "label": self._maybe(("billing", "", "%")),
                            "street": self._maybe_text(), "postal_code": self._maybe(("01067", " ", "D-1")),
                            "city": self._text(number), "region": self._maybe_text(0.3),
                            "country": self._maybe(("DE", "CH", "US")),
                        }
                    )  # fmt: skip
        await self._add(PostalAddress, rows)

    async def _board(self) -> None:
        pipelines = await self._add(
            Pipeline,
            [
                {
                    "name": self._text(n * 5), "position": p, "description": self._maybe_text(0.5),
                    "archived_at": self._one(MOMENTS) if n in (1, 3) else None, **self._versioned(),
                }
                for n, p in enumerate((1, 0, 1, -5))
            ],
        )  # fmt: skip
        stages = []
        # Small letters: stages that were deleted.
        for pipeline, kinds in ((pipelines[0], "OOOOWLo"), (pipelines[1], "LOWO"), (pipelines[2], "oO")):
            for number, letter in enumerate(kinds):
                kind = {"O": "OPEN", "W": "WON", "L": "LOST"}[letter.upper()]
                probability = {"O": (10, 33, 67, 0, 100, 50, 5)[number], "W": 100, "L": 0}[letter.upper()]
                stages.append(
                    {
                        "pipeline_id": pipeline.id, "name": self._text(number * 3 + 1), "kind": kind,
                        "probability": probability, "position": number // 2,
                        "rotting_after_days": (None, 1, 30, 32767)[number % 4],
                        "description": self._maybe_text(0.4), "color": self._maybe(("#000000", "#1e90ff"), 0.5),
                        "required_fields": self._one(REQUIRED),
                        "archived_at": self._one(MOMENTS) if letter.islower() else None, **self._versioned(),
                    }
                )  # fmt: skip
        await self._add(Stage, stages)

    async def _deals(self) -> None:
        stages = self.made["Stage"]
        # The first stage holds more than a page by default, the last one nothing.
        of = [stages[0]] * 56 + [self._one(stages[:-1]) for _ in range(56)]
        ranks = sorted({a + b for a in RANKS for b in RANKS})
        self._chance.shuffle(ranks)
        rows = []
        for number, stage in enumerate(of):
            minor = self._maybe(AMOUNTS, 0.75)
            status = stage.kind
            rows.append(
                {
                    "title": self._text(number, 500), "pipeline_id": stage.pipeline_id, "stage_id": stage.id,
                    "status": status, "rank": ranks[number], "amount_minor": minor,
                    "currency": None if minor is None else self._one(CURRENCIES),
                    "probability_override": self._maybe((0, 1, 33, 50, 100), 0.5),
                    "expected_close_date": self._maybe(DAYS),
                    "closed_at": None if status == "OPEN" else self._one(MOMENTS),
                    "lost_reason": self._text(number + 3, 500) if status == "LOST" else None,
                    "contact_id": self._maybe(self._ids("Contact")[:12]),
                    "organization_id": self._maybe(self._ids("Organization")[:5]),
                    "owner_id": self._maybe(self._ids("Member")),
                    "source": self._maybe_text(), "description": self._maybe_text(0.4), "custom": self._custom(),
                    "won_reason": self._maybe_text(0.5) if status == "WON" else None,
                    "last_open_stage_id": None if status == "OPEN" else self._maybe(self._ids("Stage"), 0.7),
                    "archived_at": self._one(MOMENTS) if stage.archived_at or number % 6 == 5 else None,
                    **self._versioned(),
                }
            )  # fmt: skip
        await self._add(Deal, rows[::2])
        await db.execute("SELECT door_fold(1000)")
        await self._add(Deal, rows[1::2])

    async def _stays(self) -> None:
        rows = []
        for deal in self.made["Deal"]:
            entered = self._one(MOMENTS)
            of = {"to_stage_id": deal.stage_id, "member_id": self._maybe(self._ids("Member"))}
            came = self._maybe(self._ids("Stage"))
            stays = [{"entered_at": entered, "from_stage_id": came, "left_at": None, **of}]
            if self._chance.random() < 0.4:
                before = self._one(MOMENTS)
                left = max(before, entered)
                stays.append({"entered_at": before, "from_stage_id": None, "left_at": left, **of})
            rows += [{"deal_id": deal.id, **stay} for stay in stays]
        await self._add(StageChange, rows)

    async def _policy(self) -> None:
        await self._add(
            QualificationPolicy,
            [{"mode": PolicyMode.WEIGHTED.value, "needed": 2, "threshold": 70, **self._versioned()}],
        )
        rules = zip(
            Criterion, (30, 20, 40, 20), (None, 30, 1, 3650), (None, f"{self._mark}Wer?", None, None), strict=True
        )
        await self._add(
            CriterionRule,
            [
                {"criterion": criterion.value, "weight": weight, "fresh_days": days, "question": question}
                for criterion, weight, days, question in rules
            ],
        )

    async def _leads(self) -> None:
        members, deals = self._ids("Member"), self._ids("Deal")[:14]
        rows = []
        for number in range(112):
            state = list(LeadState)[number % 5]
            lost, won = state is LeadState.DISQUALIFIED, state is LeadState.CONVERTED
            contact = self._maybe(self._ids("Contact")[:9], 0.7)
            whose = self._ids("Organization")[:6]
            asked = self._maybe([criterion.value for criterion in Criterion], 0.7)
            rows.append(
                {
                    "title": self._text(number + 11, 500), "state": state.value, "source": self._maybe_text(),
                    "description": self._maybe_text(0.4), "next_criterion": asked,
                    "next_weight": self._one((1, 40, 40, 100)) if asked else 0,
                    "contact_id": contact,
                    "organization_id": self._one(whose) if contact is None else self._maybe(whose, 0.5),
                    "owner_id": self._maybe(members), "qualified_at": self._maybe(MOMENTS, 0.4),
                    "qualified_by_id": self._maybe(members, 0.3), "qualified_note": self._maybe_text(0.3),
                    "qualification_stale": self._chance.random() < 0.3,
                    "disqualify_reason": self._text(number) if lost else None,
                    "disqualify_note": self._maybe_text(0.3), "nurture_until": self._maybe(DAYS) if lost else None,
                    "converted_at": self._one(MOMENTS) if won else None,
                    "deal_id": self._one([deals[0], *deals]) if won else None, "custom": self._custom(),
                    "archived_at": self._maybe(MOMENTS, 0.15), **self._versioned(),
                }
            )  # fmt: skip
        await self._add(Lead, rows)

    async def _answers(self) -> None:
        contacts, rows = self._ids("Contact")[:20], []
        for number, lead in enumerate(self.made["Lead"]):
            for place, criterion in enumerate(Criterion):
                if number % 3 == 0 and (number // 3) % 16 & (1 << place) == 0:
                    continue
                state = self._one(list(CriterionState))
                minor = self._maybe(AMOUNTS, 0.5)
                day = self._maybe(DAYS)
                rows.append(
                    {
                        "lead_id": lead.id, "criterion": criterion.value, "state": state.value,
                        "note": self._maybe_text(0.4), "answered_at": self._one(MOMENTS),
                        "pending_until": self._one(DAYS) if state is CriterionState.PENDING else None,
                        "amount_minor": minor, "currency": None if minor is None else self._one(CURRENCIES),
                        "decision_maker_id": self._maybe(contacts, 0.5), "budget_holder_id": self._maybe(contacts, 0.5),
                        "text": self._maybe_text(0.4), "not_before": day,
                        "not_after": None if day is None else max(day, self._one(DAYS)),
                        "member_id": self._maybe(self._ids("Member")), "quote": self._maybe_text(0.4),
                        "activity_id": self._maybe(self._ids("Activity")[:20], 0.5),
                        "fresh_until": self._maybe(MOMENTS, 0.5) if state.value.endswith("MET") else None,
                    }
                )  # fmt: skip
        await self._add(CriterionAnswer, rows)

    async def _conversions(self) -> None:
        rows, members = [], self._ids("Member")
        for number, lead in enumerate(self.made["Lead"]):
            stands = [lead.deal_id] if lead.deal_id and number % 3 else []
            undone = [self._one(self._ids("Deal")[:14]) for _ in range(number % 4)]
            rows += [
                {
                    "lead_id": lead.id, "deal_id": deal, "receipt": {}, "converted_at": self._one(MOMENTS),
                    "converted_by_id": self._maybe(members), "undone_at": at,
                    "undone_by_id": self._maybe(members) if at else None,
                }
                for deal, at in [*((d, None) for d in stands), *((d, self._one(MOMENTS)) for d in undone)]
            ]  # fmt: skip
        await self._add(Conversion, rows)

    async def _channels(self) -> None:
        box, strange = SecretBox(SECRET), SecretBox("sealed under another secret, long enough")
        rows = []
        for number in range(6):
            is_form = number % 2 == 0
            secret = f"{self._mark}secret {number}"
            rows.append(
                {
                    "kind": (ChannelKind.FORM if is_form else ChannelKind.MAIL).value, "name": self._text(number * 6),
                    "key": f"{self._mark}key-{number}-{self.workspace_id.hex[-4:]}" if is_form else None,
                    "secret_hash": None if is_form else hashlib.sha256(secret.encode()).digest(),
                    "secret_sealed": None if is_form else (strange if number == 5 else box).seal(secret),
                    **self._versioned(),
                }
            )  # fmt: skip
        await self._add(Channel, rows)

    async def _messages(self) -> None:
        rows = []
        for number in range(60):
            state, channel = list(InboundState)[number % 5], self._one(self.made["Channel"][:5])
            refused = state in (InboundState.IGNORED, InboundState.QUARANTINED)
            waits = state in (InboundState.RECEIVED, InboundState.PROCESSING)
            rows.append(
                {
                    "channel_id": channel.id, "kind": channel.kind, "content_type": "text/plain",
                    "size": self._one((0, 1, 7, 7, 2**31 - 1)), "fingerprint": number.to_bytes(32, "big"),
                    "received_at": self._one(MOMENTS), "deliveries": self._one((1, 1, 2, 2**31 - 1)),
                    "last_delivered_at": NOW, "state": state.value,
                    "reason": self._one(("spam", "loop", f"{self._mark}%")) if refused else None,
                    "attempts": self._one((0, 0, 1, 5)), "due_at": NOW if waits else None,
                    "done_at": None if waits else NOW, "lead_id": self._maybe(self._ids("Lead")[:10], 0.4),
                    "trace": [self._text(self._chance.randrange(99)) for _ in range(number % 4)],
                }
            )  # fmt: skip
        await self._add(InboundMessage, rows)

    async def _activities(self) -> None:
        subjects = {
            "deal_id": self._ids("Deal")[:9], "lead_id": [row.id for row in self.made["Lead"] if row.deal_id][:9],
            "contact_id": self._ids("Contact")[:5], "organization_id": self._ids("Organization")[:5],
        }  # fmt: skip
        rows = []
        for number in range(170):
            mask = number % 15 + 1
            about = {name: self._one(ids) for place, (name, ids) in enumerate(subjects.items()) if mask & (1 << place)}
            rows.append(
                {
                    "kind": self._one(list(ActivityKind)).value, "at": self._one(MOMENTS[:9]),
                    "summary": self._text(number, 500), "body": self._maybe_text(0.5),
                    "member_id": self._maybe(self._ids("Member")), **about,
                }
            )  # fmt: skip
        await self._add(Activity, rows)

    async def _tags(self) -> None:
        names = [self._text(number * 5) for number in range(12)]
        names = [name for place, name in enumerate(names) if name_key(name) not in map(name_key, names[:place])]
        tags = await self._add(
            Tag,
            [
                {
                    "name": name, "name_folded": name_key(name), "color": self._maybe(("#000000", "#1e90ff")),
                    "description": self._maybe_text(), **self._versioned(),
                }
                for name in names
            ],
        )  # fmt: skip
        rows = []
        for kind in ("Contact", "Organization", "Lead", "Deal"):
            for row in self.made[kind]:
                for tag in self._chance.sample(tags[:-1], self._one((0, 0, 1, 2, 3))):  # the last is on nothing
                    rows.append({"tag_id": tag.id, f"{kind.lower()}_id": row.id})
        await self._add(Tagging, rows)

    async def _custom_fields(self) -> None:
        rows = []
        for entity in Entity:
            for number, (key, kind) in enumerate(zip(KEYS, FieldKind, strict=False)):
                choices = ["red", "green", f"{self._mark}{number}"] if kind in ("CHOICE", "CHOICES") else []
                rows.append(
                    {
                        "entity": entity.value, "key": key, "name": self._text(number * 4)[:100], "kind": kind.value,
                        "choices": choices, "description": self._maybe_text(), "position": (number * 3) % 4,
                        "archived_at": self._maybe(MOMENTS, 0.2), **self._versioned(),
                    }
                )  # fmt: skip
        await self._add(CustomField, rows)

    async def _suggestions(self) -> None:
        # The first lead has more than a page by default; of some leads there are none.
        leads, rows = self._ids("Lead"), []
        entries = [row.id for row in self.made["Activity"] if row.lead_id]
        for number in range(130):
            state = list(SuggestionState)[number % 4]
            decided = state in (SuggestionState.ACCEPTED, SuggestionState.REFUSED)
            minor, day = self._maybe(AMOUNTS, 0.5), self._maybe(DAYS)
            rows.append(
                {
                    "lead_id": leads[0] if number < 56 else self._one(leads[:30]), "state": state.value,
                    "criterion": self._one(list(Criterion)).value,
                    "answer_state": self._one(list(CriterionState)[1:]).value, "pending_until": self._maybe(DAYS, 0.3),
                    "amount_minor": minor, "currency": None if minor is None else self._one(CURRENCIES),
                    "decision_maker_id": self._maybe(self._ids("Contact")[:20], 0.5), "text": self._maybe_text(0.5),
                    "not_before": day, "not_after": None if day is None else max(day, self._one(DAYS)),
                    "quote": self._text(number), "rule": self._one(("budget.amount", "need.stated", f"{self._mark}%")),
                    "activity_id": self._maybe(entries), "decided_at": self._one(MOMENTS) if decided else None,
                    "decided_by_id": self._maybe(self._ids("Member")) if decided else None, **self._versioned(),
                }
            )  # fmt: skip
        await self._add(Suggestion, rows)

    async def _merges(self) -> None:
        rows = []
        for number in range(46):
            kind = ("Contact", "Organization")[number % 2]
            into, others = self.made[kind][0], self.made[kind][10 : 10 + 20]
            undone = number >= 40
            receipt = Receipt(
                counts=[
                    {"kind": part.value, "count": place + number}
                    for place, part in enumerate(Part)
                    if place % 4 < number % 4
                ],
                names=[self._text(number + place) for place in range(number % 5)],
            )
            rows.append(
                {
                    f"{kind.lower()}_id": into.id if number % 6 else self.made[kind][1].id,
                    f"merged_{kind.lower()}_id": others[number // 2 % 20].id,
                    "receipt": receipt.as_json(), "merged_at": self._one(MOMENTS),
                    "merged_by_id": self._maybe(self._ids("Member")),
                    "undone_at": self._one(MOMENTS) if undone else None,
                    "undone_by_id": self._maybe(self._ids("Member")) if undone else None,
                }
            )  # fmt: skip
        await self._add(Merge, rows)
