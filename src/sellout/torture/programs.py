"""The shop's own programs beside its server, run as an operator would: `sellout audit`, `sellout webhooks add`.

May touch: processes.
"""

import asyncio
import json

from sellout.prove import CouldNotRun
from sellout.torture.database import Database
from sellout.torture.server import COMMAND, Server

PROGRAM_SECONDS_MAX = 60.0


async def audit(server: Server, database: Database) -> tuple[int, str]:
    """Replay the ledger: the exit code, and the last line that was said."""
    code, out, err = await _run(server, database, "audit")
    lines = [line.strip() for line in (err or out).splitlines() if line.strip()]
    return code, lines[-1] if lines else ""


async def add_endpoint(server: Server, database: Database, url: str) -> str:
    """Let a receiver be told of everything, before the first sale; its secret. Raises CouldNotRun."""
    for arguments in (("db", "upgrade"), ("webhooks", "add", url, "--json")):
        code, out, err = await _run(server, database, *arguments)
        if code != 0:
            raise CouldNotRun(f"sellout {' '.join(arguments[:2])} ended with {code}: {err.strip()}")
    secret: str = json.loads(out)["secret"]
    return secret


async def _run(server: Server, database: Database, *arguments: str) -> tuple[int, str, str]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, "--database", database.url, stdout=pipe, stderr=pipe, env=server.environment
    )
    try:
        async with asyncio.timeout(PROGRAM_SECONDS_MAX):
            out, err = await process.communicate()
    except TimeoutError:
        raise CouldNotRun(f"sellout {arguments[0]} did not end in {PROGRAM_SECONDS_MAX:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return await process.wait(), out.decode(errors="replace"), err.decode(errors="replace")
