"""The peer: PostGraphile over the same tables, as the same role behind the same row-level security.

It answers in its own schema: the same rows and columns, with row ids and minor units where we write global ids and
decimals, and with what we reckon (a probability, how far a lead is qualified, sums) left to the client.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import asyncpg

from bench.data import store
from bench.peers.process import Peer, PeerError
from bench.screens import Screen, Variables
from embedded.process import Launch, fresh_port
from settings import Settings

NAME = "PostGraphile"
HERE = Path(__file__).parent / "postgraphile"

_PEOPLE = """
    contactByWorkspaceIdAndContactId { rowId name }
    organizationByWorkspaceIdAndOrganizationId { rowId name }
    memberByWorkspaceIdAndOwnerId { rowId name }
"""
_TOTALS = """
    stageTalliesByWorkspaceIdAndStageId { nodes { currency deals minor } }
    stageDeltasByWorkspaceIdAndStageId { nodes { currency deals minor } }
"""
_CARD = f"rowId version title amountMinor currency probabilityOverride status expectedCloseDate {_PEOPLE}"
_ENTRIES = "nodes { rowId kind at summary body memberByWorkspaceIdAndMemberId { rowId name } }"

OPERATIONS = {
    "board": f"""query Board($first: Int) {{
  allPipelines(orderBy: [POSITION_ASC, ROW_ID_ASC]) {{ nodes {{
    rowId name
    stagesByWorkspaceIdAndPipelineId(orderBy: [POSITION_ASC, ROW_ID_ASC]) {{ nodes {{
      rowId name kind probability {_TOTALS}
      dealsByWorkspaceIdAndPipelineIdAndStageIdAndStatus(first: $first, orderBy: [RANK_ASC]) {{
        nodes {{ {_CARD} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }} }}
  }} }}
}}""",
    "list": """query Leads($first: Int) {
  allLeads(first: $first, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) {
    nodes {
      rowId title state source createdAt
      contactByWorkspaceIdAndContactId {
        rowId name contactEmailsByWorkspaceIdAndContactId(orderBy: [POSITION_ASC]) { nodes { address } }
      }
      organizationByWorkspaceIdAndOrganizationId { rowId name }
      memberByWorkspaceIdAndOwnerId { rowId name }
      criterionAnswersByWorkspaceIdAndLeadId { nodes { state } }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "point": f"""query Deal($id: UUID!) {{
  dealByRowId(rowId: $id) {{
    {_CARD} stageByWorkspaceIdAndPipelineIdAndStageIdAndStatus {{ rowId name kind probability }}
  }}
}}""",
    "timeline": f"""query Timeline($id: UUID!, $first: Int) {{
  dealByRowId(rowId: $id) {{
    rowId title
    activitiesByWorkspaceIdAndDealId(first: $first, orderBy: [AT_DESC, ROW_ID_DESC]) {{
      {_ENTRIES} pageInfo {{ hasNextPage endCursor }}
    }}
    leadsByWorkspaceIdAndDealId {{ nodes {{
      activitiesByWorkspaceIdAndLeadId(first: $first, orderBy: [AT_DESC, ROW_ID_DESC]) {{
        {_ENTRIES} pageInfo {{ hasNextPage endCursor }}
      }}
    }} }}
  }}
}}""",
    "move": f"""mutation Move($input: BenchMoveDealInput!, $from: UUID!) {{
  benchMoveDeal(input: $input) {{
    result {{ rowId version stageByWorkspaceIdAndPipelineIdAndStageIdAndStatus {{ rowId {_TOTALS} }} }}
    query {{ stageByRowId(rowId: $from) {{ rowId {_TOTALS} }} }}
  }}
}}""",
}


async def start(config: Settings, stages: tuple[str, str]) -> Peer:
    """PostGraphile, in a process of its own; ``stages`` are the two that deals are moved between.

    Raises: PeerError, saying why it cannot be had.
    """
    node = _installed()
    connection = await asyncpg.connect(config.required_database_url())
    try:
        await connection.execute((HERE / "move.sql").read_text(encoding="utf-8"))
    finally:
        await connection.close()
    port = fresh_port()
    launch = Launch(
        argv=(str(node), "server.js"),
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "NODE_ENV": "production",
            "GRAPHILE_ENV": "production",
            "DATABASE_URL": config.app_database_url(),
            "PORT": str(port),
        },
        directory=HERE,
        output=store.STATE / "postgraphile.log",
    )

    def asking(screen: Screen, variables: Variables) -> tuple[str, dict[str, Any]]:
        return "/graphql", {"query": OPERATIONS[screen.address], "variables": _translated(variables, stages)}

    return Peer(NAME, port, asking, store.KEY, is_ours=False).start(launch)


def _translated(variables: Variables, stages: tuple[str, str]) -> Variables:
    """Our variables as it takes them: rows' ids instead of global ones."""
    if "input" in variables:
        target = variables["input"]["stageId"]
        (source,) = (stage for stage in stages if stage != target)
        return {
            "input": {"dealId": _row_id(variables["input"]["id"]), "stageId": _row_id(target)},
            "from": _row_id(source),
        }
    if "pages" in variables:  # its pages may be of any size
        return {"first": variables["first"] * variables["pages"]}
    return {name: _row_id(value) if name == "id" else value for name, value in variables.items()}


def _row_id(global_id: str) -> str:
    return global_id.partition("_")[2]


def _installed() -> Path:
    """The Node that came with it; installs both when they are not there, as the lock file says.

    Raises: PeerError.
    """
    stamp, lock = HERE / "node_modules" / ".package-lock.json", HERE / "package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm = shutil.which("npm")
        if npm is None:
            raise PeerError("there is no npm to install it with: install Node.js with npm")
        install = Launch(argv=(npm, "ci", "--no-audit", "--no-fund"), environment=os.environ, directory=HERE)
        code, output = install.run()
        if code:
            raise PeerError(f"npm ci failed: {(output.strip().splitlines() or ['no output'])[-1]}")
        stamp.touch()
    node = HERE / "node_modules" / ".bin" / "node"
    if not node.exists():
        raise PeerError("its lock file has no Node 22 for this kind of machine")
    return node
