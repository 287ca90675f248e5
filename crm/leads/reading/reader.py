"""Reading a text for Budget, Authority, Need and Timeframe, by rules. Pure: the same text and day give the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from crm.leads.facts import Criterion
from crm.leads.reading.authority import read_authority, read_signature
from crm.leads.reading.budget import read_budget
from crm.leads.reading.candidates import Candidate
from crm.leads.reading.findings import Finding
from crm.leads.reading.need import read_need
from crm.leads.reading.passages import passages
from crm.leads.reading.sentences import Sentence, sentences
from crm.leads.reading.timeframe import read_timeframe

_LONG_QUOTE = 240
_MONTH_FIRST = frozenset({"US"})


def read(text: str, *, today: date, region: str | None = None) -> list[Finding]:
    """What a text answers, at most one finding for each criterion, in the order of BANT.

    ``region`` (ISO 3166, such as ``US``) says whose dollars and which order of day and month are meant, and which
    currency where a budget names none. German and English are read alike, mixed ones too. Takes time linear in the
    text, of which 20,000 characters are read.
    """
    parts = passages(text)
    best: dict[Criterion, tuple[Candidate, Sentence]] = {}
    waiting: list[tuple[Candidate, Sentence]] = []
    for sentence in parts.body:
        for candidate in _of_body(sentence, today, region):
            if candidate.only_with_need:
                waiting.append((candidate, sentence))
            else:
                _keep(best, candidate, sentence)
    if Criterion.NEED in best:
        for candidate, sentence in waiting:
            _keep(best, candidate, sentence)
    for line in parts.signature:
        for candidate in read_signature(line):
            _keep(best, candidate, line)
    return [_finding(text, *best[criterion]) for criterion in Criterion if criterion in best]


def read_role(job_title: str) -> Finding | None:
    """The role that a job title names, if whoever has it decides on purchases."""
    for line in sentences(job_title, [(0, min(len(job_title), 200))]):
        for candidate in read_signature(line):
            return replace(_finding(job_title, candidate, line), rule="authority.job_title")
    return None


def _of_body(sentence: Sentence, today: date, region: str | None) -> Iterator[Candidate]:
    yield from read_budget(sentence, today=today, region=region)
    yield from read_authority(sentence)
    yield from read_timeframe(sentence, today=today, month_first=region in _MONTH_FIRST)
    need = read_need(sentence)
    if need is not None:
        yield need


def _keep(best: dict[Criterion, tuple[Candidate, Sentence]], candidate: Candidate, sentence: Sentence) -> None:
    known = best.get(candidate.criterion)
    if known is None or candidate.weight > known[0].weight:
        best[candidate.criterion] = (candidate, sentence)


def _finding(text: str, candidate: Candidate, sentence: Sentence) -> Finding:
    """A short sentence is quoted whole, of a long one the part between its commas, else the words themselves."""
    quoted = (0, len(sentence.text))
    if len(sentence.text) > _LONG_QUOTE and candidate.criterion is not Criterion.NEED:
        quoted = sentence.clause(candidate.start, candidate.end)
        if quoted[1] - quoted[0] > _LONG_QUOTE:
            quoted = (candidate.start, candidate.end)
    start, end = sentence.original(*quoted)
    return Finding(
        criterion=candidate.criterion,
        state=candidate.state,
        quote=text[start:end],
        start=start,
        end=end,
        rule=candidate.rule,
        amount=candidate.amount,
        role=candidate.role,
        need=candidate.need,
        not_before=candidate.not_before,
        not_after=candidate.not_after,
        pending_until=candidate.pending_until,
    )
