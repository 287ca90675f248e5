"""Before anything is timed: the floor and our application give the same answers, and write the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from bench.peers.process import Peer
from bench.screens import MOVE, Asked, Screen, Variables

_SAMPLES = 8
_WRITTEN = {
    "stage_change": "SELECT id, from_stage_id, to_stage_id, member_id, left_at IS NULL FROM stage_change"
    " WHERE deal_id = $1",
    "activity": "SELECT id, kind, summary, body, member_id, contact_id, organization_id, lead_id FROM activity"
    " WHERE deal_id = $1",
    "outbox_event": "SELECT id, name, subject_type, payload FROM outbox_event WHERE subject_id = $1",
}
"""What a move writes, without what differs each time: the first column tells the rows apart."""


class Disagreement(Exception):
    """Two peers do not answer alike; the text says where."""


async def check(peers: Sequence[Peer], asked: Asked, owner_url: str) -> None:
    """Compare every peer that should answer alike with the first.

    Raises: Disagreement; PeerError.
    """
    alike = [peer for peer in peers if peer.is_ours]
    for screen, all_variables in asked.items():
        if screen is MOVE:
            await _check_moves(alike, all_variables[:2], owner_url)
            continue
        for variables in all_variables[:_SAMPLES]:
            expected = alike[0].ask(screen, variables)
            _refuse_errors(alike[0], screen, expected)
            for peer in alike[1:]:
                answer = peer.ask(screen, variables)
                _refuse_errors(peer, screen, answer)
                _compare(alike[0], peer, screen, expected, answer)
    for peer in peers:
        if not peer.is_ours:
            for screen, all_variables in asked.items():
                if screen is not MOVE:
                    _refuse_errors(peer, screen, peer.ask(screen, all_variables[0]))


def _refuse_errors(peer: Peer, screen: Screen, answer: Any) -> None:
    if answer is not None and (answer.get("errors") or "data" not in answer):
        raise Disagreement(
            f"{screen.name}: {peer.name} answers with errors: {str(answer)[:300]}; its log is in .anbahn-bench"
        )


async def _check_moves(peers: Sequence[Peer], moves: list[Variables], owner_url: str) -> None:
    """The same deal there and back through each peer: the same answers, and the same rows behind them."""
    connection = await asyncpg.connect(owner_url)
    expected: tuple[list[Any], dict[str, list[Any]]] | None = None
    deal = UUID(hex=moves[0]["input"]["id"].partition("_")[2])
    try:
        for peer in peers:
            version = await connection.fetchval("SELECT version FROM deal WHERE id = $1", deal)
            before = {table: await connection.fetch(sql, deal) for table, sql in _WRITTEN.items()}
            answers = [peer.ask(MOVE, variables) for variables in moves]
            for answer in answers:
                _refuse_errors(peer, MOVE, answer)
                answer["data"]["moveDeal"]["deal"]["version"] -= version
            after = {table: await connection.fetch(sql, deal) for table, sql in _WRITTEN.items()}
            written = {table: _new(before[table], after[table]) for table in _WRITTEN}
            if expected is None:
                expected = answers, written
            _compare(peers[0], peer, MOVE, expected[0], answers)
            _compare(peers[0], peer, MOVE, expected[1], written)
    finally:
        await connection.close()


def _new(before: list[Any], after: list[Any]) -> list[Any]:
    known = {row[0] for row in before}
    return sorted([str(value) for value in tuple(row)[1:]] for row in after if row[0] not in known)


def _compare(first: Peer, second: Peer, screen: Screen, one: Any, other: Any) -> None:
    if one != other:
        where, left, right = next(differences(one, other))
        raise Disagreement(
            f"{screen.name}: {first.name} and {second.name} differ at {where or 'the root'}: "
            f"{str(left)[:200]} here, {str(right)[:200]} there"
        )


def differences(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, this value, that value) of each place where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one:
            yield from differences(one[name], other[name], f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif one != other:
        yield path, one, other
