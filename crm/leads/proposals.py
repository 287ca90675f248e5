"""What is proposed of all that was read: nothing that is known, asked already, or was refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from crm.leads.facts import Answer, Criterion, CriterionState, SuggestionState
from crm.leads.reading import Finding, read, read_role
from crm.money import Money
from crm.text import fold


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that a text gives, with the words in which it does."""

    criterion: Criterion
    answer_state: CriterionState
    quote: str
    rule: str
    pending_until: date | None = None
    amount: Money | None = None
    decision_maker_id: UUID | None = None
    text: str | None = None
    """NEED: what is needed. AUTHORITY: the role that was read."""
    not_before: date | None = None
    not_after: date | None = None

    @property
    def content(self) -> tuple[object, ...]:
        """What the answer would be, whatever the words."""
        text = fold(self.text) if self.text else None
        return (
            self.criterion, self.answer_state, self.pending_until, self.amount, self.decision_maker_id, text,
            self.not_before, self.not_after,
        )  # fmt: skip

    @property
    def words(self) -> tuple[Criterion, str]:
        """The words as they are compared: without regard to case, accents and line breaks."""
        return self.criterion, fold(self.quote)


@dataclass(frozen=True, slots=True)
class Made:
    """A proposal made before, and what became of it."""

    proposal: Proposal
    state: SuggestionState


def proposals_of(
    text: str,
    *,
    subject: str | None = None,
    today: date,
    region: str | None,
    contact_id: UUID | None,
    job_title: str | None,
) -> list[Proposal]:
    """What a text says, of which the contact is the writer, or whom it is about; else what its subject says."""
    found: dict[Criterion, Finding] = {}
    for part in (text, subject or ""):
        for finding in read(part, today=today, region=region):
            found.setdefault(finding.criterion, finding)
    role = read_role(job_title) if job_title else None
    if role is not None:
        found.setdefault(Criterion.AUTHORITY, role)
    return [_proposal(finding, contact_id) for finding in found.values()]


def _proposal(finding: Finding, contact_id: UUID | None) -> Proposal:
    decides = finding.criterion is Criterion.AUTHORITY and finding.state is CriterionState.MET
    return Proposal(
        criterion=finding.criterion,
        answer_state=finding.state,
        quote=finding.quote,
        rule=finding.rule,
        pending_until=finding.pending_until,
        amount=finding.amount,
        decision_maker_id=contact_id if decides else None,
        text=finding.need if finding.criterion is Criterion.NEED else finding.role,
        not_before=finding.not_before,
        not_after=finding.not_after,
    )


def worth_proposing(found: list[Proposal], answers: Mapping[Criterion, Answer], made: list[Made]) -> list[Proposal]:
    """Those that neither repeat an answer or an open proposal, nor come from words that were decided on before."""
    decided = {one.proposal.words for one in made if one.state in (SuggestionState.ACCEPTED, SuggestionState.REFUSED)}
    open_ones = [one.proposal for one in made if one.state is SuggestionState.PROPOSED]
    waiting = {one.content for one in open_ones}
    said = {one.words for one in open_ones}
    return [
        one
        for one in found
        if one.words not in decided | said
        and one.content not in waiting
        and not _repeats(one, answers.get(one.criterion))
    ]


def _repeats(proposal: Proposal, answer: Answer | None) -> bool:
    """Whether the criterion is answered in this way already; an answer that says more is not put in doubt by less."""
    if answer is None or answer.state is not proposal.answer_state:
        return False
    match proposal.criterion:
        case Criterion.BUDGET:
            same = proposal.amount is None or proposal.amount == answer.amount
        case Criterion.AUTHORITY:
            same = proposal.decision_maker_id is None or proposal.decision_maker_id == answer.decision_maker_id
        case Criterion.NEED:
            same = fold(proposal.text or "") == fold(answer.text or "")
        case Criterion.TIMEFRAME:
            days = (proposal.not_before, proposal.not_after)
            same = days in ((None, None), (answer.not_before, answer.not_after))
    return same and proposal.pending_until == answer.pending_until
