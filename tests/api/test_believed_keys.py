"""A key that was right before is proved by the read itself: exactly as if it were looked up first."""

from __future__ import annotations

from typing import Any

import pytest

from crm.accounts.models import ApiKey, Member
from crm.db import scoped
from crm.doors import hashed
from crm.reads import ReadConnection
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import make_lead

LIST = "{ leads { nodes { title } } }"
COUNT = "{ leads { totalCount } }"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of a compiled read, and every look at a key, from now on."""
    found: list[str] = []
    original = ReadConnection.fetch

    async def recorded(self: ReadConnection, sql: str, values: Any, *, workspace_id: Any) -> Any:
        found.append(sql)
        return await original(self, sql, values, workspace_id=workspace_id)

    monkeypatch.setattr(ReadConnection, "fetch", recorded)
    return found


async def revoke(company: Company, person: str) -> None:
    await scoped(ApiKey, company.alice).filter(key_hash=hashed(company.keys[person])).update(revoked_at=NOW)


async def test_a_known_key_costs_no_trip_of_its_own(
    company: Company, alice: GraphQLClient, statements: list[str]
) -> None:
    await make_lead(company.alice, "Pumps")
    assert await alice(LIST) == {"leads": {"nodes": [{"title": "Pumps"}]}}
    assert len(statements) == 2
    statements.clear()
    assert await alice(LIST) == {"leads": {"nodes": [{"title": "Pumps"}]}}
    (only,) = statements
    assert "door_credential" in only


@pytest.mark.parametrize("query", [LIST, COUNT, "{ __typename }", "{ channels { secret } }"])
async def test_a_revoked_key_opens_nothing_from_then_on(company: Company, bob: GraphQLClient, query: str) -> None:
    await make_lead(company.alice)
    await bob(query)
    await bob(query)
    await revoke(company, "bob")
    answer = await bob.raw(query)
    assert answer.status_code == 401
    assert "data" not in answer.json()


async def test_a_revoked_key_is_told_so_even_where_there_is_nothing_to_see(
    company: Company, bob: GraphQLClient
) -> None:
    assert await bob(LIST) == {"leads": {"nodes": []}}
    assert await bob(LIST) == {"leads": {"nodes": []}}
    await revoke(company, "bob")
    assert (await bob.raw(LIST)).status_code == 401


async def test_a_new_role_counts_at_once(company: Company, bob: GraphQLClient) -> None:
    secrets = "{ channels { secret } }"
    assert [channel["secret"] for channel in (await bob(secrets))["channels"]] == [None, None]
    await scoped(Member, company.alice).filter(id=company.bob.member_id).update(role="ADMIN")
    assert company.mail_secret in [channel["secret"] for channel in (await bob(secrets))["channels"]]
    await scoped(Member, company.alice).filter(id=company.bob.member_id).update(role="VIEWER")
    assert [channel["secret"] for channel in (await bob(secrets))["channels"]] == [None, None]


async def test_a_key_that_opens_another_workspace_now_shows_that_one(
    company: Company, other: Company, bob: GraphQLClient
) -> None:
    await make_lead(company.alice, "Ours")
    await make_lead(other.alice, "Theirs")
    assert await bob(LIST) == {"leads": {"nodes": [{"title": "Ours"}]}}
    await scoped(ApiKey, company.alice).filter(key_hash=hashed(bob.key)).update(key_hash=hashed("x" * 32))
    from crm.engine import bound
    from crm.ids import new_id

    with bound(other.alice.workspace_id):
        await ApiKey.create(
            id=new_id(), workspace_id=other.alice.workspace_id, member_id=other.alice.member_id, name="moved",
            key_hash=hashed(bob.key), created_at=NOW,
        )  # fmt: skip
    assert await bob(LIST) == {"leads": {"nodes": [{"title": "Theirs"}]}}
