"""What is asked of a deal that comes into a stage."""

from __future__ import annotations

from crm.accounts.facts import Actor
from crm.customfields.facts import Entity
from crm.customfields.models import CustomField
from crm.db import scoped
from crm.deals import gates
from crm.deals.models import Deal
from crm.effects import Effect, EffectCode
from crm.pipelines.models import Stage


async def pass_gate(
    deal: Deal, stage: Stage, *, actor: Actor, dry_run: bool = False, field: tuple[str, ...] = ("stageId",)
) -> list[Effect]:
    """Let a deal, as it is to be, into a stage; with ``dry_run`` say what it lacks instead of refusing.

    Raises: FieldsRequired.
    """
    missing = gates.lacking(deal.values(), stage.required_fields)
    keys = gates.custom_keys(missing)
    if keys:
        # Nobody can fill in a field that is not offered any more: what was demanded of it is not.
        offered = scoped(CustomField, actor).filter(entity=Entity.DEAL.value, archived_at=None, key__in=keys)
        known = set(await offered.values_list("key", flat=True))
        missing = tuple(name for name in missing if not (set(gates.custom_keys([name])) - known))
    if missing and not dry_run:
        raise gates.refusal(stage.name, missing, field)
    return [
        Effect(
            EffectCode.LACKS,
            f"{stage.name} demands {'.'.join(gates.path(name))}, which the deal does not have.",
            gates.path(name),
            ("Deal", deal.id),
        )
        for name in missing
    ]
