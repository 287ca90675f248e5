"""When leads of a workspace are qualified, and what they are asked: its policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.changes import UNCHANGED, Change, or_else
from crm.db import atomic, check_version, execute, scoped
from crm.effects import Effect, EffectCode
from crm.errors import Invalid
from crm.leads import asking, rules, sql
from crm.leads.events import LeadQualified, QualificationPolicyChanged
from crm.leads.facts import Criterion, CriterionSetting, Policy, PolicyMode
from crm.leads.models import CriterionRule, QualificationPolicy
from crm.outbox import operations as outbox

WEIGHTS = {Criterion.NEED: 40, Criterion.BUDGET: 30, Criterion.AUTHORITY: 20, Criterion.TIMEFRAME: 10}
"""Those of a new workspace; together 100."""
HEAVIEST, LONGEST_FRESH = 100, 3650
_LOCK = 4_242_018  # any number that nothing else in the database uses for advisory locks of two keys


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What is to be changed of a policy; criteria that are not named stay as they are."""

    mode: Change[PolicyMode] = UNCHANGED
    needed: Change[int] = UNCHANGED
    threshold: Change[int] = UNCHANGED
    criteria: tuple[tuple[Criterion, CriterionSetting], ...] = ()


@dataclass(frozen=True, slots=True)
class PolicySet:
    """What changing a policy did."""

    policy: QualificationPolicy
    qualified: int = 0
    """How many leads became QUALIFIED."""
    kept: int = 0
    """How many stay QUALIFIED although they do not satisfy it."""
    effects: list[Effect] = field(default_factory=list)


_POLICY = """
SELECT p.mode, p.needed, p.threshold, w.region, r.criterion, r.weight, r.fresh_days, r.question
FROM qualification_policy p JOIN workspace w ON w.id = p.workspace_id
JOIN criterion_rule r ON r.workspace_id = p.workspace_id WHERE p.workspace_id = $1"""


async def read_policy(actor: Actor) -> Policy:
    """The workspace's policy as it is now."""
    rows = await execute(_POLICY, actor.workspace_id)
    criteria = {
        Criterion(row["criterion"]): CriterionSetting(row["weight"], row["fresh_days"], row["question"]) for row in rows
    }
    one = rows[0]
    mode, language = PolicyMode(one["mode"]), asking.language(one["region"])
    return Policy(mode, one["needed"], one["threshold"], criteria, language)


async def hold_policy(actor: Actor) -> Policy:
    """The workspace's policy, which nobody changes before the transaction ends. Hold it before any lead is locked.

    Whoever writes by it what a lead is to be asked, or is, holds it; whoever changes it waits for all of them, and
    sees what they wrote. So no lead is left as an earlier policy would have it.
    """
    await execute("SELECT pg_advisory_xact_lock_shared($1, hashtext($2))", _LOCK, str(actor.workspace_id))
    return await read_policy(actor)


async def add_policy(*, actor: Actor, now: datetime) -> None:
    """Give a new workspace its policy, inside the caller's transaction: ALL_MET."""
    await QualificationPolicy.create(
        workspace_id=actor.workspace_id, mode=PolicyMode.ALL_MET.value, created_at=now, updated_at=now
    )
    await CriterionRule.bulk_create(
        CriterionRule(workspace_id=actor.workspace_id, criterion=criterion.value, weight=weight)
        for criterion, weight in WEIGHTS.items()
    )


@atomic()
async def set_policy(
    *, actor: Actor, change: PolicyChange, expected_version: int | None, now: datetime, dry_run: bool = False
) -> PolicySet:
    """Change when leads are qualified and what they are asked. Open leads follow at once; none is demoted.

    Answers stay fresh for as long as was said when they were given.

    Raises: StaleVersion, Invalid, Forbidden.
    """
    permit(actor, "qualification_policy.set")
    await execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _LOCK, str(actor.workspace_id))
    row = await scoped(QualificationPolicy, actor).get()
    check_version(row, expected_version)
    before = await read_policy(actor)
    after = _changed(before, change)
    if after == before:
        return PolicySet(row)
    row.mode, row.needed, row.threshold = after.mode.value, after.needed, after.threshold
    row.touch(now)
    await row.save()
    for criterion, setting in after.criteria.items():
        if setting != before.criteria[criterion]:
            await (
                scoped(CriterionRule, actor)
                .filter(criterion=criterion.value)
                .update(weight=setting.weight, fresh_days=setting.fresh_days, question=setting.question)
            )
    done = await _follow(row, after, actor, now)
    changed = QualificationPolicyChanged(
        subject_id=row.id, mode=row.mode, needed=row.needed, threshold=row.threshold, qualified=done.qualified
    )
    await outbox.record(changed, actor=actor, now=now)
    return done


def _changed(before: Policy, change: PolicyChange) -> Policy:
    """The policy after the change.

    Raises: Invalid, naming the field.
    """
    criteria = dict(before.criteria)
    seen: set[Criterion] = set()
    for index, (criterion, setting) in enumerate(change.criteria):
        at = ("criteria", str(index))
        if criterion in seen:
            raise Invalid(f"{criterion.value} is given twice: give it once.", field=(*at, "criterion"))
        seen.add(criterion)
        criteria[criterion] = _checked(setting, at)
    after = Policy(
        or_else(change.mode, before.mode),
        or_else(change.needed, before.needed),
        or_else(change.threshold, before.threshold),
        criteria,
        before.language,
    )
    if not 1 <= after.needed <= len(Criterion):
        raise Invalid(f"needed must be 1 to {len(Criterion)}: so many criteria there are.", field=("needed",))
    most = HEAVIEST * len(Criterion)
    if not 1 <= after.threshold <= most:
        raise Invalid(f"threshold must be 1 to {most}.", field=("threshold",))
    together = sum(setting.weight for setting in criteria.values())
    if after.mode is PolicyMode.WEIGHTED and after.threshold > together:
        raise Invalid(
            f"The weights of all criteria add up to {together}, so a threshold of {after.threshold} is never reached: "
            f"give at most {together}.",
            field=("threshold",),
        )
    return after


def _checked(setting: CriterionSetting, at: tuple[str, ...]) -> CriterionSetting:
    if not 1 <= setting.weight <= HEAVIEST:
        raise Invalid(f"weight must be 1 to {HEAVIEST}.", field=(*at, "weight"))
    if setting.fresh_days is not None and not 1 <= setting.fresh_days <= LONGEST_FRESH:
        raise Invalid(f"freshDays must be 1 to {LONGEST_FRESH}, or null: for ever.", field=(*at, "freshDays"))
    question = text.optional(setting.question, field=(*at, "question"), limit=500)
    return CriterionSetting(setting.weight, setting.fresh_days, question)


_IS_OPEN = "lead.workspace_id = $1 AND lead.archived_at IS NULL AND lead.state IN ('NEW', 'PROSPECTING', 'QUALIFIED')"
_SATISFYING = f"""
    SELECT a.lead_id FROM criterion_answer a
    JOIN criterion_rule r ON r.workspace_id = a.workspace_id AND r.criterion = a.criterion
    WHERE a.workspace_id = $1 AND {sql.HOLDS.format(now="$2::timestamptz")}
    GROUP BY a.lead_id HAVING count(*) >= $3 AND sum(r.weight) >= $4"""  # noqa: S608
_PROMOTE = f"""
UPDATE lead SET state = 'QUALIFIED', qualified_at = $2, qualified_by_id = NULL, qualified_note = NULL,
    version = version + 1, updated_at = $2
WHERE {_IS_OPEN} AND lead.state <> 'QUALIFIED' AND lead.id IN ({_SATISFYING}) RETURNING lead.id"""  # noqa: S608
_CONFIRM = f"""
UPDATE lead SET qualification_stale = false, version = version + 1, updated_at = $2
WHERE {_IS_OPEN} AND lead.qualification_stale AND lead.id IN ({_SATISFYING})"""  # noqa: S608
_KEPT = f"""
SELECT count(*) AS kept FROM lead
WHERE {_IS_OPEN} AND lead.state = 'QUALIFIED' AND lead.id NOT IN ({_SATISFYING})"""  # noqa: S608
_ASK = f"""
UPDATE lead SET next_criterion = asked.criterion, next_weight = coalesce(asked.weight, 0)
FROM (
    SELECT l.id, next.criterion, next.weight FROM lead l LEFT JOIN LATERAL (
        SELECT r.criterion, r.weight FROM criterion_rule r
        LEFT JOIN criterion_answer a
            ON a.workspace_id = r.workspace_id AND a.lead_id = l.id AND a.criterion = r.criterion
        WHERE r.workspace_id = $1 AND {sql.ASKED.format(now="$2::timestamptz")}
        ORDER BY {sql.FIRST} LIMIT 1
    ) next ON true WHERE l.workspace_id = $1
) asked
WHERE {_IS_OPEN} AND lead.id = asked.id
    AND (lead.next_criterion, lead.next_weight) IS DISTINCT FROM (asked.criterion, coalesce(asked.weight, 0))
RETURNING lead.id"""  # noqa: S608


async def _follow(row: QualificationPolicy, policy: Policy, actor: Actor, now: datetime) -> PolicySet:
    """Let all open leads follow their new policy: one statement each for what is asked, who is promoted, who holds."""
    values = (actor.workspace_id, now, *rules.bar(policy))
    promoted = [UUID(str(lead["id"])) for lead in await execute(_PROMOTE, *values)]
    await execute(_CONFIRM, *values)
    asked = len(await execute(_ASK, actor.workspace_id, now))
    kept = int((await execute(_KEPT, *values))[0]["kept"])
    summary = "Qualified: it satisfies the new policy"
    await activities.log_each(actor=actor, lead_ids=promoted, summary=summary, now=now)
    events = [LeadQualified(subject_id=lead_id, by_hand=False) for lead_id in promoted]
    await outbox.record_all(events, actor=actor, now=now)
    return PolicySet(row, len(promoted), kept, list(_effects(len(promoted), kept, asked)))


def _effects(promoted: int, kept: int, asked: int) -> Iterator[Effect]:
    if promoted:
        yield Effect(EffectCode.CHANGES, f"{_leads(promoted, 'becomes', 'become')} QUALIFIED.")
    if kept:
        yield Effect(
            EffectCode.KEEPS, f"{_leads(kept, 'stays', 'stay')} QUALIFIED without satisfying it: none is demoted."
        )
    if asked:
        what = "another next question, or another weight of it"
        yield Effect(EffectCode.CHANGES, f"{_leads(asked, 'has', 'have')} {what}.")


def _leads(number: int, one: str, many: str) -> str:
    return f"{number} lead {one}" if number == 1 else f"{number} leads {many}"
