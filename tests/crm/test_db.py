"""Transactions: what a rehearsal leaves behind."""

from __future__ import annotations

import pytest

from crm.accounts.facts import Actor
from crm.contacts.facts import NewContact
from crm.contacts.models import Contact
from crm.contacts.operations import add_contact
from crm.db import atomic, scoped
from crm.errors import DomainError, Invalid
from tests.conftest import NOW, Company


@atomic()
async def _make(*, actor: Actor, name: str, dry_run: bool = False) -> str:
    return (await add_contact(actor=actor, new=NewContact(name=name), now=NOW)).name


@atomic()
async def _make_two(*, actor: Actor) -> None:
    await _make(actor=actor, name="Rehearsed", dry_run=True)
    await _make(actor=actor, name="Kept")


async def _names(actor: Actor) -> list[str]:
    return [contact.name for contact in await scoped(Contact, actor)]


async def test_a_dry_run_tells_its_result_and_leaves_nothing(company: Company) -> None:
    assert await _make(actor=company.alice, name="Anna", dry_run=True) == "Anna"
    assert await _names(company.alice) == []
    assert await _make(actor=company.alice, name="Anna") == "Anna"
    assert await _names(company.alice) == ["Anna"]


async def test_a_dry_run_is_refused_like_the_real_thing(company: Company) -> None:
    with pytest.raises(DomainError) as refused:
        await _make(actor=company.alice, name=" ", dry_run=True)
    assert isinstance(refused.value, Invalid)


async def test_a_dry_run_inside_an_operation_undoes_only_itself(company: Company) -> None:
    await _make_two(actor=company.alice)
    assert await _names(company.alice) == ["Kept"]
