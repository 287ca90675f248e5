"""The fields of a form read into an inquiry: by their names, then by the shape of their values; nothing falls away."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from adapters.address import address, find
from adapters.clean import one_line
from adapters.forms.synonyms import Meaning, meaning_of, utm_of
from adapters.names import person_name
from crm.intake.inquiry import Inquiry, Unreadable

MAX_LABEL = 100
"""The most characters of a field's name that stand before its value in the text."""
LONG = 60
"""From how many characters on a text without a known name is taken for the message."""

_PHONE_SHAPE = re.compile(r"(?:\+|00?)[\d ()/.\-–]{6,28}\d")
_DATE_SHAPE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_UNSHOWN = frozenset({Meaning.ATTEMPT, Meaning.INTERNAL, Meaning.TECHNICAL, Meaning.SALUTATION, Meaning.CONSENT})


@dataclass(slots=True)
class _Reading:
    """What was found so far, and what stays to be shown as it was sent."""

    found: dict[Meaning, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Per meaning the (field, value) pairs that the names of the fields say."""
    rest: list[tuple[str, str]] = field(default_factory=list)
    utm: dict[str, str] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def take(self, meaning: Meaning, limit: int = 200) -> str | None:
        """The first value of a meaning on one line; further ones that differ are shown as they are."""
        values = self.found.pop(meaning, [])
        if not values:
            return None
        name, value = values[0]
        self.say(meaning, name)
        self.rest += [(n, v) for n, v in values[1:] if v.casefold() != value.casefold()]
        return one_line(value, limit) or None

    def say(self, meaning: Meaning, name: str, rule: str = "by its name") -> None:
        """Note which field was read as what."""
        self.trace.append(f'{meaning.value} read from the field "{_label(name)}" {rule}')


def inquiry_of(fields: tuple[tuple[str, str], ...], files: tuple[str, ...] = ()) -> Inquiry | Unreadable:
    """The inquiry in a form's fields, with the names of the files sent along.

    Refuses: NO_CONTACT_DETAILS where there is neither an e-mail address nor a phone number nor a name.
    """
    reading = _sort(fields)
    email = _email(reading)
    phone = _phone(reading)
    name = _name(reading)
    if email is None and phone is None and name is None:
        return Unreadable("NO_CONTACT_DETAILS", "No field holds an e-mail address, a phone number or a name.")
    organization = reading.take(Meaning.ORGANIZATION)
    job_title = reading.take(Meaning.JOB_TITLE)
    subject = reading.take(Meaning.SUBJECT, 500)
    return Inquiry(
        name=name,
        email=email,
        phone=phone,
        organization=organization,
        job_title=job_title,
        subject=subject,
        text=_text(reading),
        fields=fields,
        attachments=files,
        utm=reading.utm,
        trace=tuple(reading.trace),
    )


def _sort(fields: tuple[tuple[str, str], ...]) -> _Reading:
    """The fields by what their names mean."""
    reading = _Reading()
    for name, value in fields:
        value = value.strip()
        if not value:
            continue
        if short := utm_of(name):
            reading.utm.setdefault(short, one_line(value, 200))
            continue
        meaning = meaning_of(name)
        if meaning is None:
            reading.rest.append((name, value))
        elif meaning is Meaning.PLAIN:
            reading.found[Meaning.PLAIN].append((name, value))
        elif meaning in _UNSHOWN:
            reading.trace.append(f'the field "{_label(name)}" is {meaning.value}: kept, not read')
        else:
            reading.found[meaning].append((name, value))
    return reading


def _email(reading: _Reading) -> str | None:
    named = reading.found.pop(Meaning.EMAIL, [])
    for position, (name, value) in enumerate(named):
        # People paste "Anna Beispiel <anna@example.org>" into the field.
        inside = find(value)
        if found := address(value) or (inside[0] if len(inside) == 1 else None):
            reading.say(Meaning.EMAIL, name)
            others = named[:position] + named[position + 1 :]
            reading.rest += [(n, v) for n, v in others if v.casefold() != value.casefold()]
            return found
        reading.trace.append(f'the field "{_label(name)}" holds no e-mail address')
    reading.rest += named
    for position, (name, value) in enumerate(reading.rest):
        if found := address(value):
            del reading.rest[position]
            reading.say(Meaning.EMAIL, name, "by the shape of its value")
            return found
    return None


def _phone(reading: _Reading) -> str | None:
    named = reading.found.pop(Meaning.PHONE, [])
    for position, (name, value) in enumerate(named):
        if sum(c.isdigit() for c in value[:100]) >= 3 and len(value) <= 60:
            reading.say(Meaning.PHONE, name)
            others = named[:position] + named[position + 1 :]
            reading.rest += [(n, v) for n, v in others if v != value]
            return one_line(value, 60)
        reading.trace.append(f'the field "{_label(name)}" holds no phone number')
    reading.rest += named
    for position, (name, value) in enumerate(reading.rest):
        if len(value) <= 40 and _PHONE_SHAPE.fullmatch(value) and not _DATE_SHAPE.fullmatch(value):
            del reading.rest[position]
            reading.say(Meaning.PHONE, name, "by the shape of its value")
            return value
    return None


def _name(reading: _Reading) -> str | None:
    first = person_name(reading.take(Meaning.FIRST_NAME) or "")
    last = person_name(reading.take(Meaning.LAST_NAME) or "")
    whole = person_name(reading.take(Meaning.NAME) or "")
    if first and whole and not last and first.casefold() not in whole.casefold():
        last = whole  # "Vorname" and "Name": the latter means the last name then
    elif whole:
        return whole
    return " ".join(filter(None, (first, last))) or None


def _text(reading: _Reading) -> str:
    """The message, and below it what no rule knew a place for, a line each."""
    messages = reading.found.pop(Meaning.MESSAGE, [])
    for name, _ in messages:
        reading.say(Meaning.MESSAGE, name)
    rest = [pair for pairs in reading.found.values() for pair in pairs] + reading.rest
    if not messages:
        messages = [(n, v) for n, v in reading.rest if len(v) >= LONG or "\n" in v]
        rest = [pair for pair in rest if pair not in messages]
        for name, _ in messages:
            reading.say(Meaning.MESSAGE, name, "by the length of its value")
    lines = [f"{_label(name)}: {value}" for name, value in rest]
    return "\n\n".join(filter(None, ["\n\n".join(value for _, value in messages), "\n".join(lines)]))


def _label(name: str) -> str:
    return one_line(name, MAX_LABEL) or "(no name)"
