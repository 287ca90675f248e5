"""The fields of a form read into an inquiry: by their names, then by the shape of their values; nothing falls away."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from adapters.address import address, find
from adapters.clean import one_line
from adapters.forms.synonyms import Meaning, meaning_of, utm_of, words_of
from adapters.forms.technical import is_technical
from adapters.names import MAX_NAME, person_name
from crm.intake.inquiry import Inquiry, Unreadable

MAX_LABEL = 100
"""The most characters of a field's name that stand before its value in the text."""
LONG = 60
"""From how many characters on a text without a known name is taken for the message."""

_PHONE_SHAPE = re.compile(r"(?:\+|00?)[\d ()/.\-–]{6,28}\d")
_DATE_SHAPE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_UNSHOWN = frozenset({Meaning.ATTEMPT, Meaning.INTERNAL})
_ASIDE = frozenset({Meaning.SALUTATION, Meaning.CONSENT})
_MAX_TITLE = 12
"""Up to how many characters a title without a blank may be an academic one that is not listed here."""
# What stands in a field called "Titel" or "title" that is no subject.
_PERSONAL = frozenset(
    """
    dr doktor doctor prof professor professorin dipl diplom ing ingenieur med dent vet jur phil nat rer pol theol oec
    mag mba msc bsc ma ba phd fh tu univ hc habil pd priv doz herr frau mr mrs ms miss mx sir madam dame monsieur madame
    mademoiselle divers and und
    """.split()
)
_WORDS = re.compile(r"\w+")


@dataclass(slots=True)
class _Reading:
    """What was found so far, and what stays to be shown as it was sent."""

    found: dict[Meaning, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Per meaning the (field, value) pairs that the names of the fields say."""
    rest: list[tuple[str, str]] = field(default_factory=list)
    """What no name says the meaning of: the shape of a value may."""
    aside: list[tuple[str, str]] = field(default_factory=list)
    """What is shown and never searched: consents, salutations, what was cut where it was taken."""
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
        if not _fits(value, limit):
            self.aside.append((name, value))
        return one_line(value, limit) or None

    def place_title(self, name: str, value: str) -> None:
        """A salutation or a degree is shown; else it is the subject, or what an English "title" is beside one."""
        words = [word for piece in _WORDS.findall(value.casefold()) for word in words_of(piece)]
        personal = all(word in _PERSONAL for word in words)
        if personal or (" " not in value and len(value) <= _MAX_TITLE):
            self.aside.append((name, value))
        elif Meaning.SUBJECT not in self.found:
            self.found[Meaning.SUBJECT].append((name, value))
        elif Meaning.JOB_TITLE not in self.found and "title" in words_of(name):
            self.found[Meaning.JOB_TITLE].append((name, value))
        else:
            self.aside.append((name, value))

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
            line = one_line(value, 200)
            if reading.utm.setdefault(short, line) != line or not _fits(value, 200):
                reading.aside.append((name, value))
            continue
        meaning = meaning_of(name)
        if meaning is None:
            reading.rest.append((name, value))
        elif meaning in _ASIDE:
            reading.aside.append((name, value))
            reading.trace.append(f'the field "{_label(name)}" is {meaning.value}: shown as it is')
        elif meaning in _UNSHOWN or (meaning is Meaning.TECHNICAL and is_technical(name, value)):
            reading.trace.append(f'the field "{_label(name)}" is {meaning.value}: kept, not shown')
        elif meaning is Meaning.TECHNICAL:
            reading.rest.append((name, value))
        else:
            reading.found[meaning].append((name, value))
    for name, value in reading.found.pop(Meaning.TITLE, []):
        reading.place_title(name, value)
    return reading


def _email(reading: _Reading) -> str | None:
    named = reading.found.pop(Meaning.EMAIL, [])
    for position, (name, value) in enumerate(named):
        # People paste "Anna Beispiel <anna@example.org>" into the field.
        inside = find(value)
        if found := address(value) or (inside[0] if len(inside) == 1 else None):
            reading.say(Meaning.EMAIL, name)
            if address(value) is None:
                reading.aside.append((name, value))  # what stood around the address was written as well
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
    """The person's name; what of the fields did not get into it is shown."""
    meanings = (Meaning.FIRST_NAME, Meaning.LAST_NAME, Meaning.NAME)
    given = [reading.found[meaning][0] for meaning in meanings if meaning in reading.found]
    first, last, whole = (person_name(reading.take(meaning, MAX_NAME) or "") for meaning in meanings)
    if first and whole and not last and first.casefold() not in whole.casefold():
        last = whole  # "Vorname" and "Name": the latter means the last name then
    elif whole:
        first, last = whole, None
    name = " ".join(filter(None, (first, last))) or None
    kept = set(_WORDS.findall((name or "").casefold()))
    for pair in given:
        words = set(_WORDS.findall(pair[1].casefold()))
        if not (words and words <= kept) and pair not in reading.aside:
            reading.aside.append(pair)
    return name


def _text(reading: _Reading) -> str:
    """The message, and below it what has no place of its own, a line each."""
    messages = reading.found.pop(Meaning.MESSAGE, [])
    for name, _ in messages:
        reading.say(Meaning.MESSAGE, name)
    rest = [pair for pairs in reading.found.values() for pair in pairs] + reading.rest + reading.aside
    if not messages:
        messages = [(n, v) for n, v in reading.rest if len(v) >= LONG or "\n" in v]
        rest = [pair for pair in rest if pair not in messages]
        for name, _ in messages:
            reading.say(Meaning.MESSAGE, name, "by the length of its value")
    lines = [f"{_label(name)}: {value}" for name, value in rest]
    return "\n\n".join(filter(None, ["\n\n".join(value for _, value in messages), "\n".join(lines)]))


def _fits(value: str, limit: int) -> bool:
    """Whether a value on one line loses nothing but its line ends."""
    return len(one_line(value, len(value))) <= limit


def _label(name: str) -> str:
    return one_line(name, MAX_LABEL) or "(no name)"
