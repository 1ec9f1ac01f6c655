"""One request, its fault and its answer. May touch: the link, and the clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sellout.torture.proxy.faults import (
    NAMES,
    AnswerDelayed,
    AnswerLost,
    AnswerTorn,
    AnswerTrickled,
    Asked,
    Duplicated,
    Fault,
    Nothing,
    ResetAfter,
    ResetBefore,
    ResetInRequest,
)
from sellout.torture.proxy.framing import answer_message
from sellout.torture.proxy.proxy import Link, Reset
from sellout.torture.proxy.side import Side

SILENCE_SECONDS_MAX = 120.0  # of a server, between a request and its answer, or inside of one
ANSWER_BYTES_MAX = 16 * 1024 * 1024  # of an answer that is torn, or is one of two; others pass as they come


@dataclass(frozen=True, slots=True)
class Exchange:
    link: Link
    asked: Asked
    request: bytes
    fault: Fault
    passed: asyncio.Event = field(default_factory=asyncio.Event)
    """The request has gone to the server."""

    async def run(self) -> bool:
        """Whether the connection goes on after it. Raises Reset, or OSError, where both ends are to be reset."""
        match self.fault:
            case Nothing():
                return await self._nothing()
            case ResetBefore() | ResetInRequest() | ResetAfter():
                return await self._cut_short(self.fault)
            case AnswerLost() | AnswerTorn():
                return await self._spoilt(self.fault)
            case AnswerDelayed():
                return await self._delayed(self.fault)
            case AnswerTrickled():
                return await self._trickled(self.fault)
            case Duplicated():
                return await self._duplicated(self.fault)

    async def _nothing(self) -> bool:
        await self._pass_request()
        answer = _Answer(self.link.server, self.asked.method)
        async for part in answer.parts():
            await self.link.to_client(part)
        return answer.complete

    async def _cut_short(self, fault: ResetBefore | ResetInRequest | ResetAfter) -> bool:
        """Part of the request passes, none, or all; then the reset."""
        match fault:
            case ResetInRequest():
                await self.link.to_server(_share(self.request, fault.share))
            case ResetAfter():
                await self._pass_request()
        self._note(time.monotonic())
        raise Reset

    async def _spoilt(self, fault: AnswerLost | AnswerTorn) -> bool:
        """The answer is waited for, and the client gets less of it than the whole."""
        await self._pass_request()
        answer = _Answer(self.link.server, self.asked.method)
        whole = await answer.whole()
        if not answer.complete:
            return False
        if isinstance(fault, AnswerTorn):
            await self.link.to_client(_share(whole, fault.share))
        self._note(time.monotonic())
        raise Reset

    async def _delayed(self, fault: AnswerDelayed) -> bool:
        await self._pass_request()
        answer, came_at = _Answer(self.link.server, self.asked.method), None
        async for part in answer.parts():
            if came_at is None:
                came_at = time.monotonic()
                await asyncio.sleep(fault.seconds)
                self._note(came_at)
            await self.link.to_client(part)
        return answer.complete

    async def _trickled(self, fault: AnswerTrickled) -> bool:
        await self._pass_request()
        answer, began_at = _Answer(self.link.server, self.asked.method), time.monotonic()
        async for part in answer.parts():
            for start in range(0, len(part), fault.drop_bytes):
                await asyncio.sleep(fault.pause_seconds)
                await self.link.to_client(part[start : start + fault.drop_bytes])
        self._note(began_at)
        return answer.complete

    async def _duplicated(self, fault: Duplicated) -> bool:
        """The copy goes its own way, also when the client has left meanwhile."""
        copy = self.link.proxy.spawn(self._copy(fault))
        if fault.shown == "original":
            return await self._nothing()
        await self._pass_request()
        answer = _Answer(self.link.server, self.asked.method)
        await answer.whole()
        await asyncio.wait([copy])
        if not (shown := copy.result()):
            raise Reset
        await self.link.to_client(shown)
        return answer.complete

    async def _copy(self, fault: Duplicated) -> bytes:
        """The answer to the same bytes, sent once more; none where the server could not be asked."""
        await asyncio.sleep(fault.after_seconds)
        try:
            side = await self.link.proxy.dial()
        except OSError:
            return b""
        try:
            await self.link.proxy.let_pass(side, self.request)
            self._note(time.monotonic())
            answer = _Answer(side, self.asked.method)
            whole = await answer.whole()
        except OSError:
            return b""
        finally:
            await self.link.proxy.hang_up(side)
        return whole if answer.complete else b""

    async def _pass_request(self) -> None:
        await self.link.to_server(self.request)
        self.passed.set()

    def _note(self, started_at: float) -> None:
        self.link.proxy.note(NAMES[type(self.fault)], started_at, f"{self.asked.method} {self.asked.path}")


class _Answer:
    """What a server says to one request."""

    def __init__(self, server: Side, method: str) -> None:
        self.complete = False
        self._server, self._message = server, answer_message(method.encode("ascii"))

    async def parts(self) -> AsyncIterator[bytes]:
        """Its bytes as they come; `complete` says afterwards whether all came. Raises OSError, h11.ProtocolError."""
        while not self.complete:
            async with asyncio.timeout(SILENCE_SECONDS_MAX):
                arrived = await self._server.read()
            if not arrived and self._message.head is None:
                return
            part = self._message.feed(arrived)
            self.complete = self._message.complete
            if part:
                yield part

    async def whole(self) -> bytes:
        """All of its bytes. Raises Reset where they are too many."""
        whole = b""
        async for part in self.parts():
            whole += part
            if len(whole) > ANSWER_BYTES_MAX:
                raise Reset
        return whole


def _share(data: bytes, share: float) -> bytes:
    """The beginning; never all of it, and never nothing."""
    return data[: min(len(data) - 1, max(1, int(len(data) * share)))]
