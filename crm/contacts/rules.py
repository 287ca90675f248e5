"""How addresses, phone numbers and domains are read and compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from publicsuffixlist import PublicSuffixList

from crm import text as texts
from crm.contacts.countries import COUNTRIES
from crm.contacts.facts import Address
from crm.contacts.freemail import FREEMAIL_DOMAINS
from crm.errors import Invalid
from crm.text import clean

_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
_LONGEST_ADDRESS = 254
_LONGEST_E164 = 16
"""The plus sign and 15 digits (ITU-T E.164)."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def parse_email(text: str, *, field: tuple[str, ...] = ("email",)) -> tuple[str, str]:
    """(address as written, address as compared).

    Compared are addresses in Unicode NFC, without case, their domain as punycode (RFC 5891).

    Raises: Invalid, naming the field, when the text is not one address.
    """
    address = clean(text).strip()
    local, at, domain = address.rpartition("@")
    domain_ascii = domain_to_ascii(domain)
    normalized = f"{unicodedata.normalize('NFC', local).casefold()}@{domain_ascii}"
    # Folded letters and punycode may be longer than what was written.
    too_long = max(len(address), len(normalized)) > _LONGEST_ADDRESS
    if not at or domain_ascii is None or not _LOCAL.fullmatch(local) or too_long:
        raise Invalid(f"{address[:100]!r} is not an e-mail address: give one such as anna@example.com.", field=field)
    return address, normalized


def domain_to_ascii(text: str) -> str | None:
    """A domain in lower case and punycode; None when the text is no domain with at least two labels."""
    name = text.strip().strip(".").casefold()
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = ascii_name.split(".")
    if len(labels) < 2 or len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return ascii_name if not labels[-1].isdigit() else None


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def registrable_domain(domain: str) -> str | None:
    """What a company registered: ``mail.acme.co.uk`` → ``acme.co.uk``. None for a bare public suffix."""
    name = domain_to_ascii(domain)
    return _public_suffixes().privatesuffix(name) if name else None


def comparable_email(text: str, whole: bool) -> str:
    """An address, or a part of one, as addresses are compared; what is no address is compared as it is."""
    if whole:
        try:
            return parse_email(text)[1]
        except Invalid:
            pass
    return unicodedata.normalize("NFC", text.strip()).casefold()


def comparable_phone(text: str, whole: bool) -> str:
    """A phone number with its country code, or a part of one, as E.164 writes it."""
    digits = "".join(c for c in text if c in "0123456789")
    if text.strip().startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if whole and digits.startswith("00") else digits


def parse_domain(text: str, *, field: tuple[str, ...] = ("domain",)) -> str:
    """The registrable domain of a domain or web address as people give it.

    Raises: Invalid, naming the field.
    """
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().casefold())
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    domain = registrable_domain(host)
    if domain is None:
        raise Invalid(f"{text[:100]!r} is not a domain: give one such as example.com.", field=field)
    return domain


def company_domain(email_normalized: str) -> str | None:
    """The domain that stands for the sender's organization; None for free-mail providers."""
    domain = registrable_domain(email_normalized.rpartition("@")[2])
    return None if domain is None or domain in FREEMAIL_DOMAINS else domain


def parse_phone(text: str, *, region: str, field: tuple[str, ...] = ("phone",)) -> str:
    """The number in E.164. ``region`` is the ISO 3166 country of numbers written without a country code.

    Raises: Invalid, naming the field.
    """
    try:
        number = phonenumbers.parse(clean(text)[:100], region)
    except phonenumbers.NumberParseException:
        number = None
    e164 = ""
    if number is not None and phonenumbers.is_possible_number(number):
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # libphonenumber holds longer German numbers possible than E.164 has room for.
    if not 0 < len(e164) <= _LONGEST_E164:
        raise Invalid(f"{text[:50]!r} is not a phone number: give one such as +49 30 123456.", field=field)
    return e164


def parse_address(given: Address, *, field: tuple[str, ...]) -> Address:
    """The postal address, cleaned and bounded; its street may have several lines.

    Raises: Invalid, naming the part at fault.
    """
    address = Address(
        label=texts.optional(given.label, field=(*field, "label"), limit=50),
        street=texts.note(given.street, field=(*field, "street"), limit=500),
        postal_code=texts.optional(given.postal_code, field=(*field, "postalCode"), limit=20),
        city=texts.optional(given.city, field=(*field, "city")),
        region=texts.optional(given.region, field=(*field, "region")),
        country=_country(given.country, (*field, "country")),
    )
    if address == Address(label=address.label):
        raise Invalid(
            "This address says nothing: give a street, postalCode, city, region or country, or leave it out.",
            field=field,
        )
    return address


def _country(text: str | None, field: tuple[str, ...]) -> str | None:
    code = clean(text).strip().upper() if text else ""
    if code and code not in COUNTRIES:
        raise Invalid(f"{code[:50]!r} is not a country: give its ISO 3166-1 code, such as DE.", field=field)
    return code or None
