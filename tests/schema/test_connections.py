"""Lists: any way of paging through one gives exactly the list; what is no page is refused; counts are made if asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.activities.models import Activity, ActivityKind
from crm.activities.operations import log
from crm.contacts.models import Contact
from crm.db import scoped
from crm.leads.models import Lead
from crm.reads import ReadConnection
from crm.text import fold
from schema.cursors import CursorSigner
from tests.conftest import NOW, SECRET, Company, GraphQLClient
from tests.factories import make_contact, make_deal, make_lead
from tests.schema.conftest import do, gid

NAMES = [
    "Zorn",
    "Ärzte",
    "arzte",
    "Arzte",
    "ÄRZTE",
    "Éclair",
    "eclair",
    "Ole",
    "Øle",
    "Strasse",
    "Straße",
    "名前",
    "💥",
    "Zorn",
]
NAMES += ["Anna"] * 4 + ["anna", "ANNA", "O'Neill", 'Quote "x"', "back\\slash", "Zz"]
LISTS = {
    "leads": "{{ leads{arguments} {{ {fields} }} }}",
    "contacts": "{{ contacts{arguments} {{ {fields} }} }}",
    "stage.deals": '{{ node(id: "{stage}") {{ ... on Stage {{ deals{arguments} {{ {fields} }} }} }} }}',
    "lead.timeline": '{{ node(id: "{lead}") {{ ... on Lead {{ timeline{arguments} {{ {fields} }} }} }} }}',
    "deal.timeline": '{{ node(id: "{deal}") {{ ... on Deal {{ timeline{arguments} {{ {fields} }} }} }} }}',
    "contact.leads": '{{ node(id: "{contact}") {{ ... on Contact {{ leads{arguments} {{ {fields} }} }} }} }}',
}
FIELDS = "edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


class Lists:
    """A workspace full of rows that are hard to page through, and the lists over them."""

    def __init__(self, client: GraphQLClient, ids: dict[str, str], whole: dict[str, list[str]]) -> None:
        self.client = client
        self.ids = ids
        self.whole = whole
        """The global ids of each list in its order, found without paging."""

    def document(self, name: str, fields: str = FIELDS, **arguments: Any) -> str:
        given = ", ".join(f"{k}: {v}" if isinstance(v, int) else f'{k}: "{v}"' for k, v in arguments.items())
        return LISTS[name].format(arguments=f"({given})" if given else "", fields=fields, **self.ids)

    async def page(self, name: str, fields: str = FIELDS, **arguments: Any) -> dict[str, Any]:
        data = await self.client(self.document(name, fields, **arguments))
        _, dot, field = name.partition(".")
        found: dict[str, Any] = data["node"][field] if dot else data[name]
        return found

    async def error(self, name: str, **arguments: Any) -> dict[str, Any]:
        (error,) = await self.client.errors(self.document(name, **arguments))
        return error


@pytest_asyncio.fixture
async def lists(company: Company, alice: GraphQLClient) -> Lists:
    contact = await make_contact(company.alice, "Owner of leads")
    leads = [await make_lead(company.alice, f"Lead {n}", contact_id=contact.id) for n in range(17)]
    for number, lead in enumerate(leads):  # groups that came in at the very same moment
        await (
            scoped(Lead, company.alice).filter(id=lead.id).update(created_at=NOW + timedelta(microseconds=number // 5))
        )
    for name in NAMES:
        await make_contact(company.alice, name)
    offer = company.stage("Offer sent")
    deals = [await make_deal(company.alice, f"Deal {n}", stage_id=offer.id) for n in range(13)]
    for number in range(15):
        at = NOW + timedelta(seconds=number // 4)
        for subject in ({"lead_id": leads[0].id}, {"deal_id": deals[0].id}):
            await log(actor=company.alice, kind=ActivityKind.NOTE, summary=f"Note {number}", now=at, **subject)
    rows = await scoped(Lead, company.alice).order_by("-created_at", "-id")
    contacts = await scoped(Contact, company.alice)
    moved = await do(alice, "moveDeal", {"id": gid(deals[7]), "stageId": gid(offer), "place": {"first": True}})
    assert moved["deal"]
    board = [deals[7], *deals[:7], *deals[8:]]

    async def timeline(**subject: Any) -> list[str]:
        found = await scoped(Activity, company.alice).filter(**subject)
        return [gid(row) for row in sorted(found, key=lambda row: (row.at, row.id), reverse=True)]

    return Lists(
        alice,
        {"stage": gid(offer), "lead": gid(leads[0]), "deal": gid(deals[0]), "contact": gid(contact)},
        {
            "leads": [gid(row) for row in rows],
            "contact.leads": [gid(row) for row in rows],
            "contacts": [gid(c) for c in sorted(contacts, key=lambda c: (fold(c.name), c.name.encode(), c.id))],
            "stage.deals": [gid(row) for row in board],
            "lead.timeline": await timeline(lead_id=leads[0].id),
            "deal.timeline": await timeline(deal_id=deals[0].id),
        },
    )


def chosen() -> list[list[int]]:
    """Ways to page: the sizes to go round and round in."""
    found: list[list[int]] = []

    @settings(max_examples=8, deadline=None, database=None, derandomize=True)
    @given(st.lists(st.integers(1, 30), min_size=1, max_size=4))
    def collect(sizes: list[int]) -> None:
        found.append(sizes)

    collect()
    return found


def sizes_of(way: list[int]) -> Iterator[int]:
    while True:
        yield from way


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_paging_in_any_sizes_gives_the_whole_list_once_and_in_order(lists: Lists, forward: bool) -> None:
    ways = chosen()
    assert len(ways) > 4
    for name, whole in lists.whole.items():
        assert len(whole) >= 13
        for way in ways:
            seen: list[str] = []
            cursor: str | None = None
            for size in sizes_of(way):
                where = {} if cursor is None else {"after" if forward else "before": cursor}
                page = await lists.page(name, **({"first": size} if forward else {"last": size}), **where)
                ids = [edge["node"]["id"] for edge in page["edges"]]
                assert ids == [node["id"] for node in page["nodes"]]
                info = page["pageInfo"]
                assert info["startCursor"] == page["edges"][0]["cursor"]
                assert info["endCursor"] == page["edges"][-1]["cursor"]
                seen = seen + ids if forward else ids + seen
                more = len(seen) < len(whole)
                assert len(ids) == size if more else 0 < len(ids) <= size
                ahead, behind = ("hasNextPage", "hasPreviousPage") if forward else ("hasPreviousPage", "hasNextPage")
                assert info[ahead] is more
                assert info[behind] is (cursor is not None)
                cursor = info["endCursor" if forward else "startCursor"]
                if not more:
                    break
            assert seen == whole, (name, way)
            beyond = {"first": 5, "after": cursor} if forward else {"last": 5, "before": cursor}
            empty = await lists.page(name, **beyond)
            assert empty["edges"] == []
            assert empty["pageInfo"][ahead] is False
            assert empty["pageInfo"]["startCursor"] is empty["pageInfo"]["endCursor"] is None


async def test_between_two_cursors_lies_what_lies_between_them(lists: Lists) -> None:
    chance = random.Random(7)
    for name, whole in lists.whole.items():
        edges = (await lists.page(name))["edges"]
        for _ in range(4):
            low, high = sorted(chance.sample(range(len(whole)), 2))
            between = {"after": edges[low]["cursor"], "before": edges[high]["cursor"]}
            inside = whole[low + 1 : high]
            for arguments, wanted in (({}, inside), ({"first": 2}, inside[:2]), ({"last": 2}, inside[-2:])):
                page = await lists.page(name, **arguments, **between)
                assert [node["id"] for node in page["nodes"]] == wanted


async def test_a_list_that_is_empty_has_neither_pages_nor_cursors(company: Company, alice: GraphQLClient) -> None:
    for name in ("leads", "contacts", "organizations", "deals", "inboundMessages"):
        for arguments in ("", "(first: 1)", "(last: 1)", "(first: 0)"):
            data = await alice(f"{{ {name}{arguments} {{ {FIELDS} totalCount }} }}")
            nothing = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
            assert data[name] == {"edges": [], "nodes": [], "totalCount": 0, "pageInfo": nothing}


async def test_a_page_of_none_tells_whether_there_is_more(lists: Lists) -> None:
    page = await lists.page("leads", first=0)
    assert (page["edges"], page["pageInfo"]["hasNextPage"]) == ([], True)
    page = await lists.page("leads", last=0)
    assert (page["edges"], page["pageInfo"]["hasPreviousPage"]) == ([], True)


async def test_the_total_is_of_the_whole_list_on_every_page(lists: Lists) -> None:
    for name, whole in lists.whole.items():
        edges = (await lists.page(name))["edges"]
        for arguments in ({}, {"first": 1}, {"first": 0}, {"last": 2}, {"first": 2, "after": edges[3]["cursor"]}):
            assert (await lists.page(name, "totalCount", **arguments))["totalCount"] == len(whole)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is sent for a compiled read from now on."""
    found: list[str] = []
    original = ReadConnection.fetch

    async def recorded(self: ReadConnection, sql: str, values: Any, *, workspace_id: Any) -> Any:
        if workspace_id is not None:
            found.append(sql)
        return await original(self, sql, values, workspace_id=workspace_id)

    monkeypatch.setattr(ReadConnection, "fetch", recorded)
    return found


async def test_rows_are_counted_only_when_asked_for(lists: Lists, statements: list[str]) -> None:
    async def counts(name: str, fields: str) -> int:
        statements.clear()
        await lists.page(name, fields)
        assert statements
        return sum("count(" in statement.lower() for statement in statements)

    for name in lists.whole:
        assert await counts(name, FIELDS) == 0, name
        assert await counts(name, "totalCount") == 1, name


async def test_a_hundred_is_the_most_and_fifty_what_is_not_asked_for(company: Company, alice: GraphQLClient) -> None:
    lead = await make_lead(company.alice)
    for number in range(101):
        await log(actor=company.alice, kind=ActivityKind.NOTE, summary=str(number), lead_id=lead.id, now=NOW)
    query = f'{{ node(id: "{gid(lead)}") {{ ... on Lead {{ timeline%s {{ totalCount nodes {{ id }} }} }} }} }}'
    for arguments, size in (
        ("", 50),
        ("(first: null, last: null)", 50),
        ("(first: 100)", 100),
        ("(first: 101)", 100),
        ("(first: 2147483647)", 100),
        ("(last: 1000)", 100),
    ):
        timeline = (await alice(query % arguments))["node"]["timeline"]
        assert len(timeline["nodes"]) == size, arguments
        assert timeline["totalCount"] == 101


async def test_what_is_no_page_is_refused(lists: Lists) -> None:
    for arguments in (
        {"first": -1},
        {"last": -1},
        {"first": -(2**31)},
        {"first": 1, "last": 1},
        {"first": 0, "last": 0},
    ):
        for name in lists.whole:
            error = await lists.error(name, **arguments)
            assert error["extensions"]["code"] == "INVALID_PAGINATION"
            assert "first" in error["message"] or "last" in error["message"]


async def test_what_is_no_cursor_of_this_list_is_refused(lists: Lists) -> None:
    own = {name: (await lists.page(name))["edges"][1]["cursor"] for name in lists.whole}
    position = (NOW, scoped_id(lists.whole["leads"][0]))
    elsewhere = CursorSigner("another secret of the same length ......").write("Lead -created_at,id", position)
    good = own["leads"]
    swapped = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    wrong = [
        "",
        "nonsense",
        "ä",
        "=",
        good[:-2],
        swapped,
        good + "AAAA",
        elsewhere,
        "A" * 5_000,
        "\\u0000",
        own["contacts"],
    ]
    wrong += [own["stage.deals"], own["lead.timeline"], lists.whole["leads"][0], "-_-_", "eyJhIjoxfQ"]
    for cursor in wrong:
        for key in ("after", "before"):
            error = await lists.error("leads", **{key: cursor})
            assert error["extensions"]["code"] == "INVALID_CURSOR", cursor
            assert error["message"].startswith(key)
            assert len(error["message"]) < 200
    for name in ("contacts", "stage.deals", "lead.timeline"):
        assert (await lists.error(name, after=good))["extensions"]["code"] == "INVALID_CURSOR"


def scoped_id(global_id: str) -> Any:
    from schema import ids

    parts = ids.split(global_id)
    assert parts is not None
    return parts[1]


def test_a_cursor_written_here_is_read_here_and_nowhere_else() -> None:
    position = (NOW, scoped_id("Lead_" + "0" * 32), 'Ä\x00"', None, 5)
    cursor = CursorSigner(SECRET).write("a list", position)
    assert CursorSigner(SECRET).read("a list", cursor) == position
    for signer, name in ((CursorSigner(SECRET), "another list"), (CursorSigner("x" * 32), "a list")):
        with pytest.raises(ValueError, match="not a cursor"):
            signer.read(name, cursor)


async def test_what_comes_and_goes_while_paging_neither_repeats_nor_hides_the_rest(
    company: Company, lists: Lists, owner_connection: asyncpg.Connection
) -> None:
    staying = list(lists.whole["leads"])
    seen: list[str] = []
    cursor = None
    for step in range(30):
        page = await lists.page("leads", first=3, **({"after": cursor} if cursor else {}))
        seen += [node["id"] for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        new = await make_lead(company.alice, f"new {step}")  # before the first page
        await scoped(Lead, company.alice).filter(id=new.id).update(created_at=NOW + timedelta(hours=1))
        # The row under the cursor goes, and one ahead of it: the cursor is a position and no row.
        for gone in (seen[-1], *[id for id in staying if id not in seen][1:2]):
            await owner_connection.execute("DELETE FROM lead WHERE id = $1", scoped_id(gone))
            staying.remove(gone)
    assert len(seen) == len(set(seen))
    assert [id for id in seen if id in staying] == staying


async def test_cards_moved_while_paging_a_column_are_all_still_found(company: Company, lists: Lists) -> None:
    whole = lists.whole["stage.deals"]
    first = await lists.page("stage.deals", first=5)
    await do(
        lists.client,
        "moveDeal",
        {"id": whole[-1], "stageId": lists.ids["stage"], "place": {"before": whole[-2]}},
    )
    rest = await lists.page("stage.deals", after=first["pageInfo"]["endCursor"])
    wanted = [*whole[5:-2], whole[-1], whole[-2]]
    assert [node["id"] for node in rest["nodes"]] == wanted


async def test_names_are_in_the_order_of_a_telephone_book(company: Company, alice: GraphQLClient) -> None:
    for name in ("Zorn", "Ärzte", "Łódź", "arm", "Özil", "Oz", "Øre", "ß", "sz"):
        await make_contact(company.alice, name)
    data = await alice("{ contacts { nodes { name } } }")
    names = [node["name"] for node in data["contacts"]["nodes"]]
    assert names == ["arm", "Ärzte", "Łódź", "Øre", "Oz", "Özil", "ß", "sz", "Zorn"]
    assert names.index("Ärzte") < names.index("Zorn")


async def test_a_long_name_still_has_a_cursor_that_works(company: Company, alice: GraphQLClient) -> None:
    for name in ("💥" * 200, "名" * 200, '"' * 200, "\\" * 200):
        await make_contact(company.alice, name)
        await make_contact(company.alice, name)
    seen: list[str] = []
    cursor = ""
    for _ in range(8):
        data = await alice(f"{{ contacts(first: 1{cursor}) {{ {FIELDS} }} }}")
        seen += [node["id"] for node in data["contacts"]["nodes"]]
        cursor = f', after: "{data["contacts"]["pageInfo"]["endCursor"]}"'
    assert len(set(seen)) == 8
    assert data["contacts"]["pageInfo"]["hasNextPage"] is False


async def test_more_follows_a_page_that_ends_at_before(lists: Lists) -> None:
    edges = (await lists.page("leads"))["edges"]
    page = await lists.page("leads", first=10, before=edges[4]["cursor"])
    assert [node["id"] for node in page["nodes"]] == lists.whole["leads"][:4]
    assert page["pageInfo"]["hasNextPage"] is True


async def test_many_nodes_are_read_together(lists: Lists, statements: list[str]) -> None:
    statements.clear()
    wanted = lists.whole["leads"]
    data = await lists.client("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=wanted)
    assert [node["id"] for node in data["nodes"]] == wanted
    assert sum("FROM lead AS" in statement for statement in statements) == 1
