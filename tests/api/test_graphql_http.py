"""GraphQL over HTTP: credentials, media types, malformed requests, faults. Every answer is JSON with a code."""

from __future__ import annotations

import json
import logging
import time
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from tortoise.context import TortoiseContext

from api.app import create_app
from crm import db
from crm.accounts.models import ApiKey
from crm.contacts.models import Contact
from crm.db import scoped
from crm.doors import hashed
from crm.leads.models import Lead
from embedded.process import fresh_port
from tests.conftest import NOW, SECRET, Company, Database, GraphQLClient, RecordingDoorbell
from tests.factories import make_lead

MODERN = "application/graphql-response+json"
PING = "{ __typename }"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def fault(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The one error of a request that was not executed, checked for what every such answer has in common."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].split(";")[0] in {"application/json", MODERN}
    body: dict[str, Any] = answer.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["message"]
    assert error["extensions"]["code"] == code, error
    return error


class TestCredentials:
    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            "Bearer",
            "Bearer ",
            "Bearer wrong",
            "Basic dTpw",
            "Bearer " + "x" * 513,
            "Bearer " + "x" * 60_000,
            "Bearer \xe4\xf6\xfc",
            "Bearer a b",
            "Token abc",
            "\x00",
        ],
        ids=lambda header: repr(header)[:24],
    )
    async def test_one_that_opens_nothing_is_refused_with_a_challenge(
        self, http: httpx.AsyncClient, header: str | None
    ) -> None:
        headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
        answer = await http.post("/graphql", json={"query": PING}, headers=headers)
        fault(answer, 401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"].startswith("Bearer ")

    async def test_the_scheme_is_read_without_case(self, http: httpx.AsyncClient, company: Company) -> None:
        headers = {"Authorization": f"bEARER {company.keys['carol']}"}
        assert (await http.post("/graphql", json={"query": PING}, headers=headers)).json() == {
            "data": {"__typename": "Query"}
        }

    async def test_a_revoked_key_is_refused_from_the_next_request_on(
        self, http: httpx.AsyncClient, company: Company, bob: GraphQLClient
    ) -> None:
        await bob(PING)
        await scoped(ApiKey, company.alice).filter(key_hash=hashed(bob.key)).update(revoked_at=NOW)
        fault(await bob.raw(PING), 401, "UNAUTHENTICATED")

    async def test_a_channels_secret_is_no_key(self, http: httpx.AsyncClient, company: Company) -> None:
        answer = await http.post("/graphql", json={"query": PING}, headers=bearer(company.mail_secret))
        fault(answer, 401, "UNAUTHENTICATED")

    async def test_a_stranger_learns_nothing_of_the_request_before_showing_one(self, http: httpx.AsyncClient) -> None:
        fault(await http.post("/graphql", content=b"{"), 401, "UNAUTHENTICATED")
        fault(await http.get("/graphql", params={"query": "{ nonsense }"}), 401, "UNAUTHENTICATED")


class TestMediaTypes:
    async def test_a_client_that_asks_for_the_modern_one_gets_it(
        self, http: httpx.AsyncClient, alice: GraphQLClient
    ) -> None:
        answer = await http.post(
            "/graphql",
            json={"query": PING},
            headers={**bearer(alice.key), "Accept": f"{MODERN}, application/json;q=0.9"},
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{MODERN}; charset=utf-8"
        assert answer.json() == {"data": {"__typename": "Query"}}

    @pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", ""])
    async def test_any_other_gets_plain_json(self, http: httpx.AsyncClient, alice: GraphQLClient, accept: str) -> None:
        answer = await http.post("/graphql", json={"query": PING}, headers={**bearer(alice.key), "Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json; charset=utf-8"

    async def test_urql_gets_an_ordinary_answer_although_it_could_read_a_stream(
        self, http: httpx.AsyncClient, alice: GraphQLClient
    ) -> None:
        accept = f"{MODERN}, application/graphql+json, application/json, text/event-stream, multipart/mixed"
        answer = await http.post("/graphql", json={"query": PING}, headers={**bearer(alice.key), "Accept": accept})
        assert answer.headers["content-type"].startswith(MODERN)
        assert answer.json() == {"data": {"__typename": "Query"}}

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("{", "GRAPHQL_PARSE_FAILED"),
            ("", "GRAPHQL_PARSE_FAILED"),
            ("{ noSuchField }", "GRAPHQL_VALIDATION_FAILED"),
            ('{ leads(first: "two") { totalCount } }', "GRAPHQL_VALIDATION_FAILED"),
            ("query ($n: Int!) { leads(first: $n) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ],
    )
    async def test_a_document_that_is_not_executed_is_400_in_the_modern_one_and_200_in_the_old(
        self, http: httpx.AsyncClient, alice: GraphQLClient, query: str, code: str
    ) -> None:
        for accept, status in ((MODERN, 400), ("application/json", 200)):
            answer = await http.post("/graphql", json={"query": query}, headers={**bearer(alice.key), "Accept": accept})
            if query:
                error = fault(answer, status, code)
                assert error["locations"]
            else:
                fault(answer, 400, "BAD_REQUEST")

    async def test_faults_of_the_request_come_in_the_media_type_that_was_asked_for(
        self, http: httpx.AsyncClient, alice: GraphQLClient
    ) -> None:
        # Apollo Client and urql read the errors of a 4xx answer only in this media type.
        for headers, status in (({}, 401), (bearer(alice.key), 400)):
            answer = await http.post("/graphql", json=[], headers={**headers, "Accept": MODERN})
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith(MODERN)

    async def test_an_error_inside_the_data_leaves_200_and_the_rest_of_the_data(
        self, http: httpx.AsyncClient, alice: GraphQLClient
    ) -> None:
        answer = await http.post(
            "/graphql",
            json={"query": '{ __typename node(id: "Lead_1") { id } }'},
            headers={**bearer(alice.key), "Accept": MODERN},
        )
        assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query", "node": None}})
        answer = await http.post(
            "/graphql",
            json={"query": "{ leads(first: -1) { totalCount } }"},
            headers={**bearer(alice.key), "Accept": MODERN},
        )
        assert answer.status_code == 200
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["path"] == ["leads"]


class TestMalformedRequests:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"null",
            b"5",
            b'"{ __typename }"',
            b"true",
            b"[]",
            b'[{"query": "{ __typename }"}]',
            b"[[]]",
            b"{}",
            b'{"query": null}',
            b'{"query": 5}',
            b'{"query": {"a": 1}}',
            b'{"query": "{ __typename }", "variables": []}',
            b'{"query": "{ __typename }", "variables": "x"}',
            b'{"query": "{ __typename }", "variables": 1}',
            b'{"query": "{ __typename }", "extensions": []}',
            b'{"query": "{ __typename }", "operationName": "Nobody"}',
            b'{"query": "query A { __typename }", "operationName": {}}',
            b'{"query": "query A { __typename }", "operationName": 5}',
            b'{"query": "fragment F on Query { __typename }"}',
            b"\xff\xfe{",
            b'{"query": "\xff"}',
            b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 5000 + b"}",
            b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
            b"[" * 100_000,
            b'{"query": "{ __typename }", "variables": {"n": NaN}}',
            b'{"query": "{ __typename }", "variables": {"n": "\\ud800"}}',
            b'{"query": "# \\ud800\\n{ __typename }"}',
        ],
        ids=lambda body: body[:44].decode("latin-1"),
    )
    async def test_a_body_that_is_no_request_is_400(
        self, http: httpx.AsyncClient, alice: GraphQLClient, body: bytes
    ) -> None:
        headers = {**bearer(alice.key), "Content-Type": "application/json"}
        fault(await http.post("/graphql", content=body, headers=headers), 400, "BAD_REQUEST")

    async def test_several_operations_of_which_none_is_named_are_not_executed(
        self, http: httpx.AsyncClient, company: Company, alice: GraphQLClient
    ) -> None:
        make = 'createContact(input: {name: "Eve"}) { contact { id } }'
        query = f"mutation A {{ {make} }} mutation B {{ {make} }}"
        for accept, status in ((MODERN, 400), ("application/json", 200)):
            answer = await http.post("/graphql", json={"query": query}, headers={**bearer(alice.key), "Accept": accept})
            error = fault(answer, status, "GRAPHQL_VALIDATION_FAILED")
            assert "operationName" in error["message"]
        assert not await scoped(Contact, company.alice).exists()
        named = await http.post("/graphql", json={"query": query, "operationName": "B"}, headers=bearer(alice.key))
        assert named.json()["data"]["createContact"]["contact"]["id"]
        assert await scoped(Contact, company.alice).count() == 1

    @pytest.mark.parametrize("content_type", [None, "text/plain", "application/graphql", "multipart/form-data", "\xff"])
    async def test_another_media_type_is_415(
        self, http: httpx.AsyncClient, alice: GraphQLClient, content_type: str | None
    ) -> None:
        headers = [(b"Authorization", f"Bearer {alice.key}".encode())]
        if content_type is not None:
            headers.append((b"Content-Type", content_type.encode("latin-1")))
        answer = await http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
        error = fault(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
        assert "application/json" in error["message"]

    async def test_an_empty_body_is_400(self, http: httpx.AsyncClient, alice: GraphQLClient) -> None:
        headers = {**bearer(alice.key), "Content-Type": "application/json"}
        fault(await http.post("/graphql", content=b"", headers=headers), 400, "EMPTY_BODY")

    async def test_a_body_over_a_mebibyte_is_413_with_or_without_a_length(
        self, http: httpx.AsyncClient, alice: GraphQLClient
    ) -> None:
        headers = {**bearer(alice.key), "Content-Type": "application/json"}
        document = b'{"query": "{ __typename }"}'
        fits, over = document.ljust(2**20), document.ljust(2**20 + 1)

        async def chunks(data: bytes) -> Any:
            for begin in range(0, len(data), 2**16):
                yield data[begin : begin + 2**16]

        assert (await http.post("/graphql", content=fits, headers=headers)).status_code == 200
        assert (await http.post("/graphql", content=chunks(fits), headers=headers)).status_code == 200
        fault(await http.post("/graphql", content=over, headers=headers), 413, "TOO_LARGE")
        fault(await http.post("/graphql", content=chunks(over), headers=headers), 413, "TOO_LARGE")

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
    async def test_another_method_is_405_and_told_which_are_right(
        self, http: httpx.AsyncClient, alice: GraphQLClient, method: str
    ) -> None:
        answer = await http.request(method, "/graphql", headers=bearer(alice.key))
        assert answer.status_code == 405
        assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
        if method != "HEAD":
            fault(answer, 405, "METHOD_NOT_ALLOWED")

    async def test_a_page_is_not_shown_to_a_browser_that_comes_by(
        self, http: httpx.AsyncClient, alice: GraphQLClient
    ) -> None:
        answer = await http.get("/graphql", headers={**bearer(alice.key), "Accept": "text/html,*/*"})
        assert answer.status_code in {400, 404}
        assert answer.json()["errors"][0]["message"]

    async def test_an_address_that_is_not_there_is_json_too(self, http: httpx.AsyncClient) -> None:
        answer = await http.get("/graphql/nothing", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "NOT_FOUND"


class TestVariables:
    @pytest.mark.parametrize(
        ("declared", "used", "value"),
        [
            ("$x: Int", "leads(first: $x) { totalCount }", "two"),
            ("$x: Int", "leads(first: $x) { totalCount }", 2**31),
            ("$x: Int", "leads(first: $x) { totalCount }", 1.5),
            ("$x: String", "leads(after: $x) { totalCount }", 5),
            ("$x: ID!", "node(id: $x) { id }", None),
            ("$x: ID!", "node(id: $x) { id }", {"a": 1}),
            ("$x: [ID!]!", "nodes(ids: $x) { id }", [None]),
        ],
    )
    async def test_of_a_wrong_type_are_told_apart_from_our_faults(
        self, alice: GraphQLClient, declared: str, used: str, value: object
    ) -> None:
        (error,) = await alice.errors(f"query ({declared}) {{ {used} }}", x=value)
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert "$x" in error["message"]

    @pytest.mark.parametrize(
        "input",
        [
            {"expectedCloseDate": "2026-02-30"},
            {"expectedCloseDate": "tomorrow"},
            {"expectedCloseDate": 5},
            {"amount": {"amount": "much", "currency": "EUR"}},
            {"amount": {"amount": [], "currency": "EUR"}},
            {"amount": {"amount": "1", "currency": 978}},
            {"amount": {"amount": "1"}},
            {"amount": 5},
            {"title": 5},
            {"title": None},
            {"place": {}},
            {"place": {"first": True, "last": True}},
            {"place": {"first": None}},
            {"place": {"before": None}},
            {"unknown": 1},
        ],
        ids=str,
    )
    async def test_of_a_wrong_shape_are_told_apart_from_our_faults(
        self, alice: GraphQLClient, company: Company, input: dict[str, object]
    ) -> None:
        errors = await alice.errors(
            "mutation ($input: CreateDealInput!) { createDeal(input: $input) { deal { id } } }",
            input={"title": "Pumps", **input},
        )
        assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}
        assert not (await alice("{ deals { totalCount } }"))["deals"]["totalCount"]

    @pytest.mark.parametrize(
        "literal",
        [
            'expectedCloseDate: "2026-02-30"',
            "expectedCloseDate: 5",
            'amount: {amount: "much", currency: EUR}',
            "amount: {amount: 1, currency: 978}",
            "place: {}",
            "place: {first: true, last: true}",
            'title: "\\uD800"',
        ],
    )
    async def test_literals_of_a_wrong_shape_are_told_apart_from_our_faults(
        self, alice: GraphQLClient, literal: str
    ) -> None:
        title = "" if literal.startswith("title") else 'title: "Pumps", '
        errors = await alice.errors(f"mutation {{ createDeal(input: {{{title}{literal}}}) {{ deal {{ id }} }} }}")
        assert {error["extensions"]["code"] for error in errors} <= {
            "GRAPHQL_VALIDATION_FAILED",
            "GRAPHQL_PARSE_FAILED",
        }


class TestGet:
    async def test_a_query_is_answered(self, http: httpx.AsyncClient, company: Company, alice: GraphQLClient) -> None:
        lead = await make_lead(company.alice)
        query = "query Q($n: Int) { leads(first: $n) { nodes { title } } } query R { __typename }"
        answer = await http.get(
            "/graphql",
            params={"query": query, "operationName": "Q", "variables": json.dumps({"n": 1})},
            headers=bearer(alice.key),
        )
        assert answer.json() == {"data": {"leads": {"nodes": [{"title": lead.title}]}}}

    async def test_a_mutation_is_refused_and_not_executed(
        self, http: httpx.AsyncClient, company: Company, alice: GraphQLClient
    ) -> None:
        query = 'mutation { createContact(input: {name: "Eve"}) { contact { id } } }'
        for accept in (MODERN, "application/json"):
            answer = await http.get(
                "/graphql", params={"query": query}, headers={**bearer(alice.key), "Accept": accept}
            )
            fault(answer, 405, "METHOD_NOT_ALLOWED")
            assert answer.headers["allow"] == "POST"
        assert not await scoped(Contact, company.alice).exists()

    @pytest.mark.parametrize(
        "parameters",
        [
            "",
            "query=",
            "query=%7B__typename%7D&variables=x",
            "query=%7B__typename%7D&variables=5",
            "query=%7B__typename%7D&variables=%5B%5D",
            "query=%7B__typename%7D&extensions=5",
            "query=%7B__typename%7D&operationName=X",
        ],
    )
    async def test_parameters_that_are_no_request_are_400(
        self, http: httpx.AsyncClient, alice: GraphQLClient, parameters: str
    ) -> None:
        headers = {**bearer(alice.key), "Accept": "application/json"}
        fault(await http.get(f"/graphql?{parameters}", headers=headers), 400, "BAD_REQUEST")

    async def test_bytes_that_are_no_text_do_not_get_far(self, http: httpx.AsyncClient, alice: GraphQLClient) -> None:
        query = quote('{ leads(after: "') + "%ff%00" + quote('") { totalCount } }')
        answer = await http.get(f"/graphql?query={query}", headers={**bearer(alice.key), "Accept": "application/json"})
        assert answer.status_code == 200
        assert answer.json()["errors"][0]["extensions"]["code"] in {"GRAPHQL_PARSE_FAILED", "INVALID_CURSOR"}


class TestFaults:
    async def test_of_ours_are_masked_and_logged(
        self,
        alice: GraphQLClient,
        company: Company,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        async def broken(**_: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("crm.contacts.operations.create_contact", broken)
        with caplog.at_level(logging.ERROR, "anbahn.graphql"):
            answer = await alice.raw('mutation { createContact(input: {name: "Eve"}) { contact { id } } }')
        assert answer.status_code == 200
        body = answer.json()
        assert "secret" not in answer.text
        assert body["data"] is None
        (error,) = body["errors"]
        assert error["extensions"] == {"code": "INTERNAL"}
        assert error["path"] == ["createContact"]
        (record,) = caplog.records
        incident = error["message"].partition("incident ")[2].rstrip(").")
        assert incident in record.getMessage()
        assert "RuntimeError" in record.getMessage()
        assert "test_graphql_http.py" in record.getMessage()
        assert "secret detail" not in caplog.text, "texts of exceptions hold what people wrote"

    async def test_of_ours_outside_of_the_execution_are_masked_too(
        self,
        alice: GraphQLClient,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("strawberry.Schema.execute", broken)
        with caplog.at_level(logging.ERROR):
            answer = await alice.raw("{ __schema { queryType { name } } }")  # not compiled
        fault(answer, 500, "INTERNAL")
        assert "secret" not in answer.text
        assert "RuntimeError" in caplog.text
        assert "secret detail" not in caplog.text

    async def test_of_ours_in_a_compiled_read_are_masked_too(
        self, alice: GraphQLClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("schema.reads.plan.Plan.run", broken)
        with caplog.at_level(logging.ERROR):
            (error,) = await alice.errors("{ first: leads { totalCount } }")
        assert (error["extensions"]["code"], error["path"]) == ("INTERNAL", ["first"])
        assert "secret" not in error["message"]
        assert "RuntimeError" in caplog.text
        assert "secret detail" not in caplog.text

    async def test_a_missing_row_that_a_key_promises_is_a_fault_of_ours(
        self, stock: GraphQLClient, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make_lead(company.alice)

        async def nothing(**_: object) -> dict[object, object]:
            return {}

        monkeypatch.setattr("crm.leads.queries.answers_of", nothing)
        (error,) = await stock.errors("{ leads { nodes { qualification { met } } } }")
        assert error["extensions"]["code"] == "INTERNAL"
        assert "KeyError" not in error["message"]

    @pytest.mark.parametrize("path", ["/graphql", "/ingress/forms/key", "/ingress/mail/raw"])
    async def test_of_a_database_out_of_reach_are_told_within_three_seconds(self, path: str) -> None:
        away = f"postgres://anbahn_app:x@127.0.0.1:{fresh_port()}/anbahn"
        app = create_app(
            database_url=away, redis_url="redis://127.0.0.1:1/0", secret=SECRET, doorbell=RecordingDoorbell()
        )
        transport = httpx.ASGITransport(app=app)
        async with TortoiseContext() as context, httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            await context.init(config=db.tortoise_config(away))
            began = time.monotonic()
            answer = await http.post(
                path, json={"query": PING}, headers={**bearer("some key"), "Accept": "application/json"}
            )
            took = time.monotonic() - began
        assert took < 3
        assert int(answer.headers["retry-after"]) > 0
        if path == "/graphql":
            fault(answer, 503, "UNAVAILABLE")
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "NOT_STORED")

    async def test_of_connections_that_the_server_has_cut_are_got_over(
        self, alice: GraphQLClient, company: Company, database: Database
    ) -> None:
        await make_lead(company.alice)
        connection = await asyncpg.connect(database.app_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        for _ in range(30):  # as many as the pool may hold, each met dead at most once
            answer = await alice.raw("{ leads { totalCount } }")
            if answer.status_code == 200 and "errors" not in answer.json():
                break
            assert "terminating" not in answer.text
        assert answer.json() == {"data": {"leads": {"totalCount": 1}}}


class TestStrangeDocuments:
    async def test_deep_ones_are_answered_or_refused(self, alice: GraphQLClient) -> None:
        for depth in (50, 200, 1_000, 20_000):
            answer = await alice.raw("{" + "a{" * depth + "b" + "}" * depth + "}")
            assert answer.status_code in {200, 400}, depth
            assert answer.json()["errors"][0]["extensions"]["code"] in {
                "GRAPHQL_PARSE_FAILED",
                "GRAPHQL_VALIDATION_FAILED",
                "BAD_REQUEST",
            }, depth

    async def test_deep_values_are_answered_or_refused(self, alice: GraphQLClient) -> None:
        for query in (
            "{ leads(after: " + "[" * 20_000 + "]" * 20_000 + ") { totalCount } }",
            "query ($x: " + "[" * 20_000 + "Int" + "]" * 20_000 + ") { __typename }",
            "{ ... " * 300 + "{ __typename }" + "}" * 300,
        ):
            answer = await alice.raw(query)
            assert answer.status_code in {200, 400}
            assert answer.json()["errors"][0]["extensions"]["code"] != "INTERNAL"

    async def test_a_real_chain_of_objects_is_answered(self, alice: GraphQLClient, company: Company) -> None:
        await make_lead(company.alice)
        chain, depth = "title", 12
        for _ in range(depth):
            chain = f"contact {{ leads {{ nodes {{ {chain} }} }} }}"
        data = await alice(f"{{ leads {{ nodes {{ {chain} }} }} }}")
        for _ in range(depth):
            data = data["leads"]["nodes"][0]["contact"]
        assert data["leads"]["nodes"][0]["title"] == "Three pumps"

    async def test_many_aliases_are_answered(self, alice: GraphQLClient, company: Company) -> None:
        lead = await make_lead(company.alice)
        aliases = " ".join(f"a{i}: leads(first: 1) {{ totalCount nodes {{ title }} }}" for i in range(150))
        data = await alice(f"{{ {aliases} }}")
        assert len(data) == 150
        assert {value["totalCount"] for value in data.values()} == {1}
        assert await scoped(Lead, company.alice).filter(id=lead.id).exists()

    async def test_a_fragment_that_holds_itself_is_refused(self, alice: GraphQLClient) -> None:
        errors = await alice.errors("{ ...F } fragment F on Query { ...F }")
        assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"

    async def test_many_unknown_fields_make_a_bounded_answer(self, alice: GraphQLClient) -> None:
        answer = await alice.raw("{ " + " ".join(f"nonsense{i}" for i in range(5_000)) + " }")
        assert len(answer.json()["errors"]) <= 101
        assert len(answer.content) < 100_000

    async def test_introspection_answers_what_clients_generate_types_from(self, alice: GraphQLClient) -> None:
        from graphql import build_client_schema, get_introspection_query

        data = await alice(get_introspection_query(specified_by_url=True, input_value_deprecation=True))
        assert build_client_schema(data).mutation_type is not None  # type: ignore[arg-type]
