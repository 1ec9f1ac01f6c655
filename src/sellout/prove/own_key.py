"""An organiser key of the run's own, on a database that outlives it: added beside the shop's keys, and revoked after.

May touch: processes. It makes and revokes the key by the command line, as anybody would.
"""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator

from sellout.prove import CouldNotRun

COMMAND = (sys.executable, "-m", "sellout", "keys")


@contextlib.asynccontextmanager
async def own_key(database: str) -> AsyncIterator[str]:
    """A key for as long as the block lasts. Raises CouldNotRun where the database takes none."""
    name = f"prove-{secrets.token_hex(4)}"
    key = (await _said("add", name, "--database", database)).strip()
    try:
        yield key
    finally:
        await _said("revoke", name, "--yes", "--database", database)


async def _said(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        raise CouldNotRun(err.decode(errors="replace").strip().removeprefix("sellout: "))
    return out.decode()
