"""A company's boards: made, changed, put in order and put away, without a deal that is lost on the way."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.facts import Actor
from crm.customfields.facts import Entity, FieldKind
from crm.customfields.models import CustomField
from crm.db import execute, scoped
from crm.deals import ranks
from crm.deals.archiving import archive_deal, restore_deal
from crm.deals.boards import Deleted, archive_pipeline, delete_stage
from crm.deals.closing import lose_deal, reopen_deal, win_deal
from crm.deals.facts import Place
from crm.deals.models import Deal, StageChange
from crm.deals.operations import move_deal
from crm.deals.queries import counted_totals, stage_totals
from crm.effects import EffectCode
from crm.errors import DomainError, Forbidden, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.money import Money
from crm.outbox.models import OutboxEvent
from crm.pipelines import rules
from crm.pipelines.facts import Demands, NewStage, StageFacts, StageKind
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.operations import create_pipeline, reorder_pipelines, restore_pipeline, update_pipeline
from crm.pipelines.stages import Beside, StageChanges, create_stage, reorder_stages, update_stage
from tests.conftest import NOW, Company, GraphQLClient, Unchanged, later
from tests.factories import make_deal, make_stages
from tests.schema.conftest import do, gid, refused

OPEN, WON, LOST = StageKind.OPEN, StageKind.WON, StageKind.LOST


async def stages_of(company: Company, pipeline_id: UUID) -> list[Stage]:
    found = scoped(Stage, company.alice).filter(pipeline_id=pipeline_id, archived_at=None)
    return list(await found.order_by("position"))


async def names_of(company: Company, pipeline_id: UUID | None = None) -> list[str]:
    return [stage.name for stage in await stages_of(company, pipeline_id or company.stages[0].pipeline_id)]


async def column(company: Company, stage: Stage) -> list[UUID]:
    shown = scoped(Deal, company.bob).filter(stage_id=stage.id, archived_at=None).order_by("rank")
    return [deal.id for deal in await shown]


async def delete(company: Company, stage: Stage, to: Stage | None = None, **more: Any) -> Deleted:
    given = {"actor": company.alice, "expected_version": None, "now": later(60), **more}
    return await delete_stage(stage_id=stage.id, move_deals_to=to.id if to else None, **given)


async def add(company: Company, name: str, beside: Beside | None = None, **fields: Any) -> Stage:
    return await create_stage(
        actor=company.alice,
        pipeline_id=company.stages[0].pipeline_id,
        new=NewStage(name, OPEN, **{"probability": 25, **fields}),
        beside=beside,
        idempotency_key=None,
        now=NOW,
    )


async def change(company: Company, stage: Stage, **changes: Any) -> Stage:
    return await update_stage(
        actor=company.alice, stage_id=stage.id, changes=StageChanges(**changes), expected_version=None, now=later(60)
    )


async def put_away(company: Company, pipeline_id: UUID, actor: Actor | None = None) -> Pipeline:
    return await archive_pipeline(
        actor=actor or company.alice, pipeline_id=pipeline_id, expected_version=None, now=later(60)
    )


class TestRules:
    @given(st.lists(st.sampled_from(StageKind), max_size=8))
    def test_a_pipeline_has_open_stages_then_won_and_lost_once_each(self, kinds: list[StageKind]) -> None:
        right = kinds[-2:] in ([WON, LOST], [LOST, WON]) and len(kinds) > 2 and set(kinds[:-2]) == {OPEN}
        stages = [NewStage("x", kind, 10) for kind in kinds]
        if right:
            rules.check_stages(stages)
        else:
            with pytest.raises(Invalid):
                rules.check_stages(stages)

    @given(kind=st.sampled_from(StageKind), given=st.none() | st.integers(-200, 200))
    def test_a_probability_fits_its_kind(self, kind: StageKind, given: int | None) -> None:
        fixed = {WON: 100, LOST: 0}.get(kind)
        allowed = given in (None, fixed) if fixed is not None else given is not None and 0 <= given <= 100
        if allowed:
            assert rules.probability(kind, given, field=("probability",)) == (given if fixed is None else fixed)
        else:
            with pytest.raises(Invalid):
                rules.probability(kind, given, field=("probability",))

    @given(st.integers(1, 5), st.none() | st.integers(0, 4), st.booleans())
    def test_a_new_stage_lands_where_it_was_put_and_moves_no_other(
        self, count: int, beside: int | None, after: bool
    ) -> None:
        pipeline_id = new_id()
        stages = [StageFacts(id=new_id(), pipeline_id=pipeline_id, name="x", kind=OPEN) for _ in range(count)]
        stages += [StageFacts(id=new_id(), pipeline_id=pipeline_id, name="x", kind=kind) for kind in (WON, LOST)]
        near = None if beside is None else stages[beside % count].id
        new = new_id()
        order = rules.inserted(stages, new, near, after=after)
        assert [id for id in order if id != new] == [stage.id for stage in stages]
        at = count if beside is None else beside % count + after
        assert order.index(new) == at


class TestPipelines:
    async def test_one_has_the_standard_stages_unless_others_are_given(self, company: Company) -> None:
        first = await create_pipeline(actor=company.alice, name="First", now=NOW)
        assert await names_of(company, first.id) == ["Qualified", "Offer sent", "In negotiation", "Won", "Lost"]
        stages = (NewStage("Trial", OPEN, 5, color="#AABBCC", rotting_after_days=3), NewStage("Yes", WON))
        stages += (NewStage("No", LOST),)
        second = await create_pipeline(actor=company.alice, name="Second", stages=stages, description=" x ", now=NOW)
        found = await stages_of(company, second.id)
        assert [(stage.name, stage.kind, stage.probability, stage.color) for stage in found] == [
            ("Trial", "OPEN", 5, "#aabbcc"),
            ("Yes", "WON", 100, None),
            ("No", "LOST", 0, None),
        ]
        assert (second.description, second.position - first.position) == ("x", 1)

    async def test_refusals_name_the_stage_that_is_wrong(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        good = [{"name": "A", "kind": "OPEN", "probability": 1}, {"name": "W", "kind": "WON"}]
        good.append({"name": "L", "kind": "LOST"})
        async with unchanged():
            for wrong, field in (
                ({"name": " "}, "stages.0.name"),
                ({"probability": None}, "stages.0.probability"),
                ({"probability": 101}, "stages.0.probability"),
                ({"color": "red"}, "stages.0.color"),
                ({"rottingAfterDays": 0}, "stages.0.rottingAfterDays"),
                ({"requiredCustomFields": ["nope"]}, "stages.0.requiredCustomFields.0"),
                ({"kind": "WON"}, "stages"),
            ):
                input = {"name": "P", "stages": [{**good[0], **wrong}, *good[1:]]}
                assert await refused(alice, "createPipeline", input) == ("INVALID", field), wrong
            input = {"name": "P", "stages": [good[0], {**good[1], "probability": 99}, good[2]]}
            assert await refused(alice, "createPipeline", input) == ("INVALID", "stages.1.probability")

    async def test_a_change_of_nothing_leaves_no_trace(self, company: Company, unchanged: Unchanged) -> None:
        pipeline = await create_pipeline(actor=company.alice, name="P", now=NOW)
        given: dict[str, Any] = {"actor": company.alice, "pipeline_id": pipeline.id, "now": later(5)}
        async with unchanged():
            await update_pipeline(name="P", description=None, expected_version=1, **given)
            with pytest.raises(Invalid):
                await update_pipeline(name=None, description=None, expected_version=1, **given)
        after = await update_pipeline(name="Q", description="x", expected_version=1, **given)
        assert (after.name, after.description, after.version, after.updated_at) == ("Q", "x", 2, later(5))

    async def test_they_stand_in_the_order_that_was_given(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        others = [await create_pipeline(actor=company.alice, name=name, now=NOW) for name in "AB"]
        order = (others[1].id, company.stages[0].pipeline_id, others[0].id)
        await reorder_pipelines(actor=company.alice, pipeline_ids=order, now=later(5))
        assert [row["name"] for row in (await alice("{ pipelines { name } }"))["pipelines"]] == ["B", "Sales", "A"]
        async with unchanged():
            await reorder_pipelines(actor=company.alice, pipeline_ids=order, now=later(9))
            for wrong in (order[:2], (*order, order[0])):
                with pytest.raises(Invalid):
                    await reorder_pipelines(actor=company.alice, pipeline_ids=wrong, now=NOW)
            with pytest.raises(NotFound) as refusal:
                await reorder_pipelines(actor=company.alice, pipeline_ids=(*order[:2], new_id()), now=NOW)
        assert refusal.value.field == ("ids", "2")

    async def test_one_with_open_deals_stays_and_tells_how_many(self, company: Company, unchanged: Unchanged) -> None:
        pipeline_id = company.stages[0].pipeline_id
        deals = [await make_deal(company.bob) for _ in range(3)]
        await make_deal(company.bob, stage_id=company.stage("Won").id)
        rest: dict[str, Any] = {"expected_version": None, "now": NOW}
        await archive_deal(actor=company.bob, deal_id=deals[0].id, **rest)
        async with unchanged():
            with pytest.raises(Invalid, match="has 2 open deals"):
                await put_away(company, pipeline_id)
        for deal in deals[1:]:
            await win_deal(actor=company.bob, deal_id=deal.id, reason=None, place=Place.last(), **rest)
        await put_away(company, pipeline_id)

    async def test_one_that_was_put_away_is_shown_apart_and_comes_back_last(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        pipeline_id = company.stages[0].pipeline_id
        await create_pipeline(actor=company.alice, name="Other", now=NOW)
        async with unchanged():
            with pytest.raises(Invalid, match="not archived"):
                await restore_pipeline(actor=company.alice, pipeline_id=pipeline_id, expected_version=None, now=NOW)
        await put_away(company, pipeline_id)
        shown = "{ pipelines { name } archivedPipelines { name stages { name } } }"
        data = await alice(shown)
        assert data["pipelines"] == [{"name": "Other"}]
        assert [row["name"] for row in data["archivedPipelines"]] == ["Sales"]
        assert len(data["archivedPipelines"][0]["stages"]) == 5
        async with unchanged():
            with pytest.raises(Invalid, match="already"):
                await put_away(company, pipeline_id)
        await restore_pipeline(actor=company.alice, pipeline_id=pipeline_id, expected_version=None, now=NOW)
        assert [row["name"] for row in (await alice("{ pipelines { name } }"))["pipelines"]] == ["Other", "Sales"]

    async def test_a_deal_made_in_the_moment_of_putting_away_is_never_open_on_it(self, company: Company) -> None:
        stages = await make_stages(company.bob, "Brief", "Here", "There")

        async def attempt(number: int) -> object:
            try:
                if number == 3:
                    return await put_away(company, stages[0].pipeline_id)
                return await make_deal(company.bob, stage_id=stages[number % 2].id)
            except DomainError as error:
                return error

        await asyncio.gather(*(attempt(number) for number in range(8)))
        board = await scoped(Pipeline, company.bob).get(id=stages[0].pipeline_id)
        opened = await scoped(Deal, company.bob).filter(pipeline_id=board.id, status="OPEN").count()
        assert (board.archived_at is None) or opened == 0
        assert (board.archived_at is None) == (opened == 7)


class TestStages:
    async def test_one_is_made_where_it_was_put(self, company: Company) -> None:
        offer, won = company.stage("Offer sent"), company.stage("Won")
        await add(company, "a")
        await add(company, "b", Beside(offer.id, after=False))
        await add(company, "c", Beside(offer.id, after=True))
        await add(company, "d", Beside(won.id, after=False))
        assert await names_of(company) == [
            *("Qualified", "b", "Offer sent", "c", "In negotiation", "a", "d"),
            *("Won", "Lost"),
        ]
        positions = [stage.position for stage in await stages_of(company, offer.pipeline_id)]
        assert positions == list(range(9))

    async def test_none_is_made_behind_won_or_in_another_pipeline(self, company: Company, unchanged: Unchanged) -> None:
        elsewhere = (await make_stages(company.bob, "Other", "There"))[0]
        async with unchanged():
            with pytest.raises(Invalid) as refusal:
                await add(company, "x", Beside(company.stage("Won").id, after=True))
            assert refusal.value.field == ("position",)
            with pytest.raises(NotFound) as missing:
                await add(company, "x", Beside(elsewhere.id, after=True))
            assert missing.value.field == ("position", "after")

    async def test_what_is_changed_is_told_and_the_rest_stays(self, company: Company, unchanged: Unchanged) -> None:
        offer = company.stage("Offer sent")
        after = await change(
            company, offer, name="Offered", color=" #1E90FF", rotting_after_days=7, probability=45, description="x"
        )
        assert (after.name, after.color, after.rotting_after_days) == ("Offered", "#1e90ff", 7)
        assert (after.probability, after.description, after.position, after.kind) == (45, "x", 1, "OPEN")
        event = await scoped(OutboxEvent, company.alice).get(subject_id=offer.id, name="stage.changed")
        assert event.payload["fields"] == ["name", "probability", "color", "rottingAfterDays", "description"]
        async with unchanged():
            await change(company, offer, name="Offered", color="#1e90ff", rotting_after_days=7)
        after = await change(company, offer, color=None, rotting_after_days=None, description=None)
        assert (after.color, after.rotting_after_days, after.description, after.version) == (None, None, None, 3)

    async def test_refusals_of_a_change_name_the_field(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        offer, won = company.stage("Offer sent"), company.stage("Won")
        async with unchanged():
            for stage, wrong, field in (
                (offer, {"name": None}, "name"),
                (offer, {"probability": None}, "probability"),
                (offer, {"probability": -1}, "probability"),
                (won, {"probability": 99}, "probability"),
                (offer, {"color": "#12345"}, "color"),
                (offer, {"rottingAfterDays": 40_000}, "rottingAfterDays"),
                (offer, {"requiredCustomFields": ["nope"]}, "requiredCustomFields.0"),
            ):
                assert await refused(alice, "updateStage", {"id": gid(stage), **wrong}) == ("INVALID", field), wrong

    async def test_demands_are_kept_apart_by_their_kinds(self, company: Company, alice: GraphQLClient) -> None:
        for key in ("region", "size"):
            await CustomField.create(
                workspace_id=company.alice.workspace_id, entity=Entity.DEAL.value, key=key, name=key,
                kind=FieldKind.TEXT.value, position=0, created_at=NOW, updated_at=NOW,
            )  # fmt: skip
        offer = gid(company.stage("Offer sent"))

        async def demanded(**given: Any) -> tuple[list[str], list[str]]:
            stage = (await do(alice, "updateStage", {"id": offer, **given}))["stage"]
            return stage["requiredFields"], stage["requiredCustomFields"]

        assert await demanded(requiredFields=["AMOUNT", "OWNER", "AMOUNT"]) == (["AMOUNT", "OWNER"], [])
        assert await demanded(requiredCustomFields=["size", "region"]) == (["AMOUNT", "OWNER"], ["size", "region"])
        assert await demanded(requiredFields=None) == ([], ["size", "region"])
        assert await demanded(requiredCustomFields=[]) == ([], [])

    async def test_they_stand_in_the_order_that_was_given(self, company: Company, unchanged: Unchanged) -> None:
        one, two, three, won, lost = (stage.id for stage in company.stages)
        given: dict[str, Any] = {"actor": company.alice, "pipeline_id": company.stages[0].pipeline_id}
        given |= {"expected_version": None, "now": later(5)}
        order = (three, one, two, lost, won)
        await reorder_stages(stage_ids=order, **given)
        assert [stage.id for stage in await stages_of(company, given["pipeline_id"])] == list(order)
        async with unchanged():
            await reorder_stages(stage_ids=order, **given)
            for wrong in ((one, won, two, three, lost), (one, two, won, lost), (one, one, two, three, won, lost)):
                with pytest.raises(Invalid):
                    await reorder_stages(stage_ids=wrong, **given)
            with pytest.raises(StaleVersion):
                await reorder_stages(stage_ids=order, **{**given, "expected_version": 1})

    async def test_ten_who_arrange_and_change_at_once_lose_nothing(self, company: Company) -> None:
        one, two, three, won, lost = (stage.id for stage in company.stages)
        given: dict[str, Any] = {"actor": company.alice, "expected_version": None, "now": later(5)}
        given["pipeline_id"] = company.stages[0].pipeline_id
        orders = [(three, one, two, won, lost), (two, three, one, lost, won)] * 3
        changes = [change(company, stage, color="#000000") for stage in company.stages]
        await asyncio.gather(*changes, *(reorder_stages(stage_ids=order, **given) for order in orders))
        found = await stages_of(company, given["pipeline_id"])
        assert [stage.position for stage in found] == list(range(5))
        assert {stage.color for stage in found} == {"#000000"}


class TestDeletingStages:
    async def test_deals_go_to_the_end_of_the_other_in_their_order(self, company: Company, bob: GraphQLClient) -> None:
        offer, talks = company.stage("Offer sent"), company.stage("In negotiation")
        there = [await make_deal(company.bob, stage_id=talks.id) for _ in range(2)]
        deals = [await make_deal(company.bob, stage_id=offer.id, amount=Money(5, "EUR")) for _ in range(5)]
        deleted = await delete(company, offer, talks)
        assert await column(company, talks) == [deal.id for deal in (*there, *deals)]
        assert (deleted.deals, deleted.stage.archived_at) == (5, later(60))
        after = await scoped(Deal, company.bob).get(id=deals[0].id)
        assert (after.version, after.updated_at, after.status) == (2, later(60), "OPEN")
        totals = await stage_totals(actor=company.bob, stage_ids=[offer.id, talks.id])
        assert totals == {offer.id: (0, []), talks.id: (7, [Money(25, "EUR")])}
        assert await names_of(company) == ["Qualified", "In negotiation", "Won", "Lost"]
        history = "stageHistory { stage { name archivedAt } fromStage { name } leftAt } timeline { nodes { summary } }"
        node = (await bob(f'{{ node(id: "{gid(deals[0])}") {{ ... on Deal {{ {history} }} }} }}'))["node"]
        assert [stay["stage"]["name"] for stay in node["stageHistory"]] == ["Offer sent", "In negotiation"]
        assert node["stageHistory"][0]["stage"]["archivedAt"] is not None
        assert node["timeline"]["nodes"] == [
            {"summary": "Moved from Offer sent to In negotiation: the stage was deleted"}
        ]
        events = scoped(OutboxEvent, company.bob).filter(at=later(60))
        assert sorted([event.name for event in await events]) == ["deal.stage_changed"] * 5 + ["stage.deleted"]
        told = await events.filter(name="deal.stage_changed").first()
        assert told is not None
        assert told.payload == {"from_stage_id": str(offer.id), "to_stage_id": str(talks.id)}
        assert {event.subject_id for event in await events.filter(subject_type="deal")} == {deal.id for deal in deals}

    async def test_one_with_deals_demands_to_know_where_they_go(self, company: Company, unchanged: Unchanged) -> None:
        offer, won = company.stage("Offer sent"), company.stage("Won")
        for _ in range(2):
            await make_deal(company.bob, stage_id=offer.id)
        elsewhere = (await make_stages(company.bob, "Other", "There"))[0]
        async with unchanged():
            with pytest.raises(Invalid, match="has 2 deals") as refusal:
                await delete(company, offer)
            assert refusal.value.field == ("moveDealsTo",)
            for wrong in (offer, won, elsewhere):
                with pytest.raises(Invalid) as refusal:
                    await delete(company, offer, wrong)
                assert refusal.value.field == ("moveDealsTo",)

    async def test_closing_stages_and_the_last_open_one_stay(self, company: Company, unchanged: Unchanged) -> None:
        here, won, lost = await make_stages(company.bob, "Short", "Here")
        async with unchanged():
            for stage in (here, won, lost):
                with pytest.raises(Invalid) as refusal:
                    await delete(company, stage)
                assert refusal.value.field == ("id",)

    async def test_who_may_not_or_saw_another_version_deletes_nothing(
        self, company: Company, unchanged: Unchanged
    ) -> None:
        offer = company.stage("Offer sent")
        async with unchanged():
            with pytest.raises(Forbidden):
                await delete(company, offer, actor=company.bob)
            with pytest.raises(StaleVersion):
                await delete(company, offer, expected_version=2)
        await delete(company, offer, expected_version=1)
        async with unchanged():
            with pytest.raises(Invalid, match="deleted already"):
                await delete(company, offer)
            with pytest.raises(Invalid, match="was deleted"):
                await change(company, offer, name="x")

    async def test_closed_deals_are_reopened_where_the_others_went(self, company: Company) -> None:
        offer, talks, first = (company.stage(name) for name in ("Offer sent", "In negotiation", "Qualified"))
        rest: dict[str, Any] = {"place": Place.last(), "expected_version": None, "now": NOW}
        for to, expected in ((talks, talks), (None, first)):
            stage = offer if to else talks
            deal = await make_deal(company.bob, stage_id=stage.id)
            await lose_deal(actor=company.bob, deal_id=deal.id, lost_reason="Too dear", **rest)
            deleted = await delete(company, stage, to)
            assert EffectCode.CHANGES in {effect.code for effect in deleted.effects}
            reopened = await reopen_deal(actor=company.bob, deal_id=deal.id, **rest)
            assert reopened.to_stage.id == expected.id
            await lose_deal(actor=company.bob, deal_id=deal.id, lost_reason="Too dear", **rest)

    async def test_an_archived_deal_stays_behind_and_comes_back_elsewhere(self, company: Company) -> None:
        offer = company.stage("Offer sent")
        deal = await make_deal(company.bob, stage_id=offer.id)
        rest: dict[str, Any] = {"expected_version": None, "now": later(30)}
        await archive_deal(actor=company.bob, deal_id=deal.id, **rest)
        await delete(company, offer)
        assert (await scoped(Deal, company.bob).get(id=deal.id)).stage_id == offer.id
        restored = await restore_deal(actor=company.bob, deal_id=deal.id, **rest)
        assert restored.stage_id == company.stage("Qualified").id

    async def test_a_rehearsal_tells_what_would_go_where(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        offer, talks = company.stage("Offer sent"), company.stage("In negotiation")
        await make_deal(company.bob, stage_id=offer.id)
        input = {"id": gid(offer), "moveDealsTo": gid(talks), "dryRun": True}
        async with unchanged():
            payload = await do(alice, "deleteStage", input, "stage { id } movedDeals effects { code recordId }")
        assert (payload["stage"], payload["movedDeals"]) == (None, 1)
        assert payload["effects"] == [
            {"code": "ARCHIVES", "recordId": gid(offer)},
            {"code": "MOVES", "recordId": gid(talks)},
        ]

    async def test_the_other_column_is_spaced_when_its_end_is_near_the_end_of_all_ranks(self, company: Company) -> None:
        offer, talks = company.stage("Offer sent"), company.stage("In negotiation")
        last = await make_deal(company.bob, stage_id=talks.id)
        await execute("UPDATE deal SET rank = $1 WHERE id = $2", "z" * ranks.SHORT + "y", last.id)
        deals = [await make_deal(company.bob, stage_id=offer.id) for _ in range(40)]
        await delete(company, offer, talks)
        assert await column(company, talks) == [last.id, *(deal.id for deal in deals)]
        longest = max(len(deal.rank) for deal in await scoped(Deal, company.bob).filter(stage_id=talks.id))
        assert longest <= ranks.LONG

    async def test_two_thousand_deals_are_moved_by_the_same_few_statements(
        self, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offer, talks = company.stage("Offer sent"), company.stage("In negotiation")
        one = await make_deal(company.bob, stage_id=offer.id, amount=Money(3, "EUR"))
        rows = [one.clone(pk=new_id()).update_from_dict({"rank": f"z{n:05}1"}) for n in range(1_999)]
        await Deal.bulk_create(rows)
        await StageChange.bulk_create(
            StageChange(workspace_id=row.workspace_id, deal_id=row.id, to_stage_id=offer.id, entered_at=NOW)
            for row in rows
        )
        statements = []

        async def counted(sql: str, *values: Any) -> list[dict[str, Any]]:
            statements.append(sql)
            return await execute(sql, *values)

        for room in ("boards", "columns"):
            monkeypatch.setattr(f"crm.deals.{room}.execute", counted)
        await delete(company, offer, talks)
        assert len(statements) <= 6
        assert await column(company, talks) == [one.id, *(row.id for row in rows)]
        totals = await stage_totals(actor=company.bob, stage_ids=[offer.id, talks.id])
        assert totals == {offer.id: (0, []), talks.id: (2_000, [Money(6_000, "EUR")])}
        current = scoped(StageChange, company.bob).filter(left_at=None)
        assert await current.filter(to_stage_id=talks.id).count() == 2_000 == await current.count()

    async def test_no_card_is_lost_while_fifty_move_and_the_stage_is_deleted(self, company: Company) -> None:
        offer, talks, first = (company.stage(name) for name in ("Offer sent", "In negotiation", "Qualified"))
        deals = [await make_deal(company.bob, stage_id=stage.id) for stage in (offer, talks, first, offer) * 3]

        async def drag(number: int) -> None:
            deal, neighbour = deals[number % 12], deals[(number * 5 + 1) % 12]
            place = (Place.first(), Place.last(), Place.after(neighbour.id), Place.before(neighbour.id))[number % 4]
            await move_deal(
                actor=company.bob,
                deal_id=deal.id,
                stage_id=(offer, offer, talks, first)[(number // 2) % 4].id,
                place=Place.last() if place.neighbour_id == deal.id else place,
                expected_version=None,
                lost_reason=None,
                now=later(number),
            )

        moves = [drag(number) for number in range(50)]
        acts = (*moves[:20], delete(company, offer, talks), *moves[20:])
        results = await asyncio.gather(*acts, return_exceptions=True)
        late = [result for result in results if isinstance(result, BaseException)]
        assert all(isinstance(error, Invalid) and "was deleted" in error.message for error in late), late
        assert len(late) < 50
        seen = [id for stage in (talks, first) for id in await column(company, stage)]
        assert sorted(seen) == sorted(deal.id for deal in deals)
        assert await column(company, offer) == []
        where = {deal.id: deal.stage_id for deal in await scoped(Deal, company.bob)}
        current = await scoped(StageChange, company.bob).filter(left_at=None)
        assert {stay.deal_id: stay.to_stage_id for stay in current} == where
        ids = [stage.id for stage in company.stages]
        assert await stage_totals(actor=company.bob, stage_ids=ids) == await counted_totals(
            actor=company.bob, stage_ids=ids
        )

    async def test_two_who_delete_each_others_refuge_leave_every_deal_somewhere(self, company: Company) -> None:
        offer, talks = company.stage("Offer sent"), company.stage("In negotiation")
        deals = [await make_deal(company.bob, stage_id=stage.id) for stage in (offer, talks) * 3]
        results = await asyncio.gather(
            delete(company, offer, talks), delete(company, talks, offer), return_exceptions=True
        )
        assert sorted(isinstance(result, Invalid) for result in results) == [False, True]
        left = next(stage for stage in await stages_of(company, offer.pipeline_id) if stage.id in (offer.id, talks.id))
        assert sorted(await column(company, left)) == sorted(deal.id for deal in deals)


def test_demands_are_stored_and_read_alike() -> None:
    names = ["AMOUNT", "OWNER", "custom:region"]
    assert Demands.of(names).names == names
