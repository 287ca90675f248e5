"""Python in processes of its own, for what would disturb the one of the tests."""

from __future__ import annotations

import asyncio
import sys

# Whoever migrates closes every connection of his process.
MIGRATE = """
import asyncio, sys
from crm.migrate import prepare_database
asyncio.run(prepare_database(sys.argv[1], sys.argv[2]))
"""


async def python(script: str, *arguments: str) -> None:
    """Run a script to its end; fails with what it said when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
