"""An answer that is whole before it begins: it waits in a file without a name, however long it is.

Granian keeps in memory what waits for a slow client, and ends a stream that broke off as if it were whole (2.8). A
file it sends at the client's pace; and what fails while the file is made is still answered as a problem. The length is
told first, so a client sees where an answer was cut.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import IO

from starlette.responses import Response

from sellout.http.through_asgi import SENDS_FILES, Receive, Scope, Send

PIECE_BYTES = 64 * 1024

OPENED_SECONDS = 60.0
"""By when the server has long opened a file that it was told to send: until then its number means no other file."""


async def spool(pieces: AsyncIterator[bytes]) -> IO[bytes]:
    """All pieces in a file. It has no name, so that it is gone with the process, however that ends."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this function
    try:
        async for piece in pieces:
            file.write(piece)  # into the system's memory or a local disk
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


class Spooled(Response):
    """Sends a file, and closes it."""

    def __init__(self, file: IO[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(headers=dict(headers))
        self._file = file
        self.headers["content-length"] = str(file.seek(0, 2))
        file.seek(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is received
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope.get(SENDS_FILES):
            asyncio.get_running_loop().call_later(OPENED_SECONDS, self._file.close)
            await send({"type": "http.response.pathsend", "path": f"/dev/fd/{self._file.fileno()}"})
            return
        with self._file:
            while piece := self._file.read(PIECE_BYTES):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
