"""When two records may be the same, and how probable that is. Pure.

Each thing they have in common has a weight: how probably two records that have just this in common are the same. The
score is how probable it is that not all of them mislead (1 − ∏(1 − weight)), so more evidence never lowers it.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm.merging.facts import DuplicateReason, Evidence, Likeness

LEAST = 40
"""Whoever scores less is not proposed."""
SIMILAR = 0.5
"""How alike two names are, at least, that count as similar."""

OF_CONTACTS: Mapping[DuplicateReason, float] = {
    DuplicateReason.SAME_EMAIL: 0.95,
    DuplicateReason.SAME_NAME: 0.6,
    DuplicateReason.SIMILAR_NAME: 0.55,
    DuplicateReason.SAME_PHONE: 0.45,
    DuplicateReason.SAME_DOMAIN: 0.4,
    DuplicateReason.SAME_ORGANIZATION: 0.4,
}
OF_ORGANIZATIONS: Mapping[DuplicateReason, float] = {
    DuplicateReason.SAME_EMAIL: 0.9,
    DuplicateReason.SAME_DOMAIN: 0.85,
    DuplicateReason.SAME_NAME: 0.7,
    DuplicateReason.SIMILAR_NAME: 0.55,
    DuplicateReason.SAME_PHONE: 0.5,
}

DOTLESS = frozenset({"gmail.com", "googlemail.com"})
"""Providers at which dots in an address mean nothing, and which are one: support.google.com/mail/answer/7436150 ("Dots
don't matter in Gmail addresses") and support.google.com/mail/answer/10313 (googlemail.com)."""
PLUS_TAGS = DOTLESS | frozenset(
    {
        # learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online
        "outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "live.com", "live.de", "msn.com",
        "fastmail.com", "fastmail.fm",  # fastmail.help: "Plus addressing and subdomain addressing"
        "icloud.com", "me.com", "mac.com",  # support.apple.com/guide/icloud: mail to name+tag arrives at name
        "proton.me", "protonmail.com", "protonmail.ch", "pm.me",  # proton.me/support/addresses-and-aliases: +aliases
        "posteo.de",  # posteo.de/en/help: "plus" aliases
        "mailbox.org",  # kb.mailbox.org: e-mail address extensions
    }
)  # fmt: skip
"""Providers at which whatever follows a plus sign is a tag of the owner's own."""

LEGAL_FORMS = frozenset(
    """
    ab ag aps as asa bv bvba cic co company corp corporation doo dooel eg ek ev eirl eurl gbr gesmbh ggmbh gmbh inc
    incorporated kft kg kgaa limited llc llp lp ltd ltda mbh nv og ohg oy oyj partg partgmbb plc pty pvt sa sarl sas
    sasu sca scs se sl slu snc spa spzoo sprl srl srls sro ug vof zoo & +
    """.split()
)
"""Words that tell what kind of company it is, and not which: folded, without dots."""


def mailbox(normalized: str) -> str:
    """What stands for the mailbox that a normalized address leads to, as far as its provider is known to do so."""
    local, _, domain = normalized.partition("@")
    if domain not in PLUS_TAGS:
        return normalized
    local = local.partition("+")[0]
    return f"{local.replace('.', '')}@gmail.com" if domain in DOTLESS else f"{local}@{domain}"


def core_name(folded: str) -> str:
    """A folded name of an organization without its legal form: "acme gmbh & co. kg" → "acme"."""
    words = [word for word in folded.split(" ") if word.translate(_MARKS) not in LEGAL_FORMS]
    return " ".join(words) if words else folded


_MARKS = str.maketrans("", "", ".,;()")


def likeness_of_contacts(evidence: Evidence) -> Likeness | None:
    """How probably two contacts are the same person; None: nothing worth proposing.

    Colleagues have a domain and an organization in common, so both count with a name only.
    """
    reasons = _reasons(evidence)
    if not evidence.same_name and evidence.similarity < SIMILAR:
        reasons -= {DuplicateReason.SAME_DOMAIN, DuplicateReason.SAME_ORGANIZATION}
    return _likeness(reasons, OF_CONTACTS, evidence.similarity)


def likeness_of_organizations(evidence: Evidence) -> Likeness | None:
    """How probably two organizations are the same; None: nothing worth proposing."""
    return _likeness(_reasons(evidence), OF_ORGANIZATIONS, evidence.similarity)


def _reasons(evidence: Evidence) -> set[DuplicateReason]:
    found = {
        DuplicateReason.SAME_EMAIL: evidence.same_email,
        DuplicateReason.SAME_PHONE: evidence.same_phone,
        DuplicateReason.SAME_DOMAIN: evidence.same_domain,
        DuplicateReason.SAME_ORGANIZATION: evidence.same_organization,
        DuplicateReason.SAME_NAME: evidence.same_name,
        DuplicateReason.SIMILAR_NAME: not evidence.same_name and evidence.similarity >= SIMILAR,
    }
    return {reason for reason, holds in found.items() if holds}


def _likeness(
    reasons: set[DuplicateReason], weights: Mapping[DuplicateReason, float], similarity: float
) -> Likeness | None:
    misled = 1.0
    weighed = []
    for reason in reasons & weights.keys():
        weight = weights[reason] * (similarity if reason is DuplicateReason.SIMILAR_NAME else 1.0)
        misled *= 1.0 - weight
        weighed.append((-weight, reason))
    score = round(100 * (1.0 - misled))
    return Likeness(score, tuple(reason for _, reason in sorted(weighed))) if score >= LEAST else None
