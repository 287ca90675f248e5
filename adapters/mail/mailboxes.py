"""The mailboxes of an address header (RFC 5322 section 3.4), read so that nobody passes for somebody else.

Not the stdlib's ``parseaddr``: on CPython 3.11.7 it reads ``alice@a.org<bob@evil.example>`` as Alice (gh-102988). Here
the structure is read before encoded words are decoded, and where there are angle brackets only they hold the address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from adapters.address import address, find
from adapters.mail.words import decode_words, unencoded
from adapters.names import person_name

MAX_MAILBOXES = 50
"""The most mailboxes that are read of one header."""

_PLAIN = re.compile(r"""[^"(<,;:]+""")
_QUOTED = re.compile(r'"[^"]*"@?')
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One person of an address header."""

    name: str | None
    """The display name, or the comment that stands for it; None where it is none or is an address."""
    address: str


@dataclass(slots=True)
class _Draft:
    """What was read of one mailbox so far."""

    display: list[str] = field(default_factory=list)
    """Words and quoted strings, the quotes taken off."""
    bare: list[str] = field(default_factory=list)
    """The same with their quotes, in which an "@" is no address's."""
    comments: list[str] = field(default_factory=list)
    angled: list[str] = field(default_factory=list)


def mailboxes(value: bytes) -> list[Mailbox]:
    """The mailboxes of an address header that have a usable address, in order; linear, never raises."""
    found: list[Mailbox] = []
    surname = ""
    for draft in _split(unencoded(value)):
        box = _mailbox(draft, surname)
        # "Beispiel, Anna <anna@…>" without its quotes: the comma parted a name, not two people.
        rest = "" if box or draft.angled else "".join(draft.display).strip()
        surname = ", ".join(filter(None, (surname, rest))) if rest else ""
        if box:
            found.append(box)
        if len(found) == MAX_MAILBOXES:
            break
    return found


def _mailbox(draft: _Draft, surname: str) -> Mailbox | None:
    display = "".join(draft.display)
    if draft.angled:
        valid = [a for a in map(_angled_address, draft.angled) if a]
        if not valid:
            return None
        name = person_name(decode_words(f"{surname}, {display}" if surname else display))
        return Mailbox(name or _from_comments(draft), valid[-1])
    bare = "".join(draft.bare)
    if whole := address(_closed_up(bare).strip(" \t'")):
        return Mailbox(_from_comments(draft), whole)
    within = find(_QUOTED.sub(" ", bare[:1_000]))
    if len(within) != 1:
        return None
    return Mailbox(person_name(decode_words(display)) or _from_comments(draft), within[0])


def _from_comments(draft: _Draft) -> str | None:
    """The name in the old form ``anna@example.org (Anna Beispiel)``."""
    return person_name(decode_words(draft.comments[0])) if draft.comments else None


def _angled_address(text: str) -> str | None:
    text = _closed_up(text).strip(" \t'")
    if text.startswith("@"):
        text = text.rpartition(":")[2]  # a source route, to be ignored (RFC 5322 section 4.4)
    return address(text[7:] if text[:7].lower() == "mailto:" else text)


def _closed_up(text: str) -> str:
    """Without blanks around the "@", which the grammar allows."""
    return "@".join(piece.strip() for piece in text.split("@"))


def _split(text: str) -> list[_Draft]:
    """The header cut at its commas, each piece into display name, comments and what stands in angle brackets.

    A quote, comment or bracket that never closes is looked for once only: looking again for each is quadratic.
    """
    drafts = [_Draft()]
    unclosed: set[str] = set()
    position = 0
    while position < len(text) and len(drafts) <= 2 * MAX_MAILBOXES:
        mark, draft = text[position], drafts[-1]
        if plain := _PLAIN.match(text, position):
            draft.display.append(plain[0])
            draft.bare.append(plain[0])
            position = plain.end()
            continue
        position += 1
        if mark in ",;":
            drafts.append(_Draft())
        elif mark == ":" and not draft.angled:
            draft.display.clear()  # the name of a group
            draft.bare.clear()
        elif mark in '"(<' and mark not in unclosed:
            end = _closing(text, position, mark)
            if end < 0:
                unclosed.add(mark)
                if mark == "<":
                    draft.angled.append(text[position:].split(",")[0])
                    break
                continue
            content = text[position:end]
            if mark == '"':
                draft.display.append(_QUOTED_PAIR.sub(r"\1", content))
                draft.bare.append(f'"{content}"')
            elif mark == "(":
                draft.comments.append(_QUOTED_PAIR.sub(r"\1", content))
            else:
                draft.angled.append(content)
            position = end + 1
    return drafts


def _closing(text: str, start: int, mark: str) -> int:
    """Where what began with a quote, comment or bracket ends; -1 where it does not. Comments nest."""
    if mark == "<":
        return text.find(">", start)
    depth, position = 1, start
    while position < len(text):
        c = text[position]
        if c == "\\":
            position += 1
        elif mark == '"' and c == '"':
            return position
        elif mark == "(":
            depth += (c == "(") - (c == ")")
            if depth == 0:
                return position
        position += 1
    return -1
