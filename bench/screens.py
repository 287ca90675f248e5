"""The five screens: as operations of our API, and as what the floor is asked for the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from crm.migrate import first_workspace

Variables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Screen:
    """One thing a client shows or does."""

    name: str
    operation: str
    """The text of the GraphQL operation."""
    address: str
    """Where the floor has it, and under which name PostGraphile's operation is kept."""
    proof: bytes = b'"data":{'
    """What every answer must contain to count as one."""


_CARD = """
    id version title
    amount { amount currency }
    probability expectedCloseDate
    contact { id name }
    organization { id name }
    owner { id name }
"""
BOARD = Screen(
    name="board",
    address="board",
    operation=f"""query Board($first: Int) {{
  pipelines {{
    id name
    stages {{
      id name kind probability
      totals {{ count amounts {{ amount currency }} }}
      deals(first: $first) {{
        nodes {{ {_CARD} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
  }}
}}""",
)
LEAD_PAGE = """
    nodes {
      id title state source createdAt
      contact { id name emails }
      organization { id name }
      owner { id name }
      qualification { answered met }
    }
    pageInfo { hasNextPage endCursor }
"""
LIST = Screen(
    name="list",
    address="list",
    operation=f"query Leads($first: Int) {{ leads(first: $first) {{ {LEAD_PAGE} }} }}",
)
POINT = Screen(
    name="point",
    address="point",
    operation="""query Deal($id: ID!) {
  node(id: $id) {
    ... on Deal {
      id version title
      amount { amount currency }
      probability status expectedCloseDate
      stage { id name kind }
      contact { id name }
      organization { id name }
      owner { id name }
    }
  }
}""",
    proof=b'"stage":{',
)
TIMELINE = Screen(
    name="timeline",
    address="timeline",
    operation="""query Timeline($id: ID!, $first: Int) {
  node(id: $id) {
    ... on Deal {
      id title
      timeline(first: $first) {
        nodes { id kind at summary body member { id name } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}""",
    proof=b'"endCursor":',
)
MOVE = Screen(
    name="move",
    address="move",
    operation="""mutation Move($input: MoveDealInput!) {
  moveDeal(input: $input) {
    deal { id version stage { id } }
    fromStage { id totals { count amounts { amount currency } } }
    toStage { id totals { count amounts { amount currency } } }
    userErrors { code }
  }
}""",
    proof=b'"userErrors":[]',
)
SCREENS = {screen.name: screen for screen in (BOARD, LIST, POINT, TIMELINE, MOVE)}
PAGE, TIMELINE_PAGE = 50, 20


Asked = dict[Screen, list[Variables]]
"""The screens that are timed, each with what one client after the other asks."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """What is asked about, chosen from the data set: the same in every run on it."""

    deals: tuple[str, ...]
    """Global ids of deals with a long timeline."""
    movable: tuple[str, ...]
    """Global ids of deals that stand in the first of ``stages``."""
    stages: tuple[str, str]
    """Global ids of the two open stages that deals are moved between."""

    def asked(self, screens: Sequence[Screen]) -> Asked:
        """What is asked of each screen."""
        return {screen: self.variables(screen) for screen in screens}

    def variables(self, screen: Screen) -> list[Variables]:
        """What one client after the other asks; moves come in pairs, there and back."""
        if screen is BOARD or screen is LIST:
            return [{"first": PAGE}]
        if screen is MOVE:
            there, back = self.stages[1], self.stages[0]
            return [{"input": {"id": id, "stageId": stage}} for id in self.movable for stage in (there, back)]
        extra = {"first": TIMELINE_PAGE} if screen is TIMELINE else {}
        return [{"id": id, **extra} for id in self.deals]


async def find(owner_url: str) -> tuple[UUID, Subjects]:
    """The workspace that is measured, which is the first one, and what is asked about it.

    Raises: ValueError when there is none.
    """
    workspace_id = await first_workspace(owner_url)
    if workspace_id is None:
        raise ValueError("the data set has no workspace: make it again with make bench-data")
    return workspace_id, await subjects(owner_url, workspace_id)


async def subjects(owner_url: str, workspace_id: object, *, how_many: int = 200) -> Subjects:
    """Choose them; ``owner_url`` sees the whole database."""
    connection = await asyncpg.connect(owner_url)
    try:
        stages = await connection.fetch(
            "SELECT id FROM stage WHERE workspace_id = $1 AND kind = 'OPEN' ORDER BY position, id LIMIT 2", workspace_id
        )
        long = await connection.fetch(
            "SELECT deal_id FROM activity WHERE workspace_id = $1 AND deal_id IS NOT NULL GROUP BY deal_id"
            " HAVING count(*) > $3 ORDER BY md5(deal_id::text) LIMIT $2",
            workspace_id,
            how_many,
            TIMELINE_PAGE,
        )
        movable = await connection.fetch(
            "SELECT id FROM deal WHERE workspace_id = $1 AND stage_id = $2 ORDER BY md5(id::text) LIMIT $3",
            workspace_id,
            stages[0][0],
            how_many,
        )
    finally:
        await connection.close()
    first, second = _global("Stage", stages)
    return Subjects(deals=_global("Deal", long), movable=_global("Deal", movable), stages=(first, second))


def _global(kind: str, rows: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"{kind}_{row[0].hex}" for row in rows)
