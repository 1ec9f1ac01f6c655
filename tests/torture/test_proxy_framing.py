"""The proxy passes every byte as it was, in both directions, and knows where each request and each answer ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from sellout.torture.proxy import http
from sellout.torture.proxy.faults import (
    AnswerLost,
    AnswerTorn,
    Asked,
    Choose,
    Duplicated,
    Fault,
    Nothing,
    ResetAfter,
    ResetInRequest,
    nothing,
)
from sellout.torture.proxy.http import Http
from sellout.torture.proxy.proxy import Proxy
from sellout.torture.proxy.side import Address

WAIT_SECONDS_MAX = 30.0

GET = b"GET /one HTTP/1.1\r\nhost: a\r\n\r\n"
POST = b"POST /two HTTP/1.1\r\nHost: a\r\nX-oDd:  kept \r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /three HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\n\r\n"
HEAD = b"HEAD /four HTTP/1.1\r\nHost: a\r\n\r\n"

SHORT = b"HTTP/1.1 200 OK\r\nContent-Length:  2\r\n\r\nok"
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
NO_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"
HANGS_UP = b""


class Script:
    """A server that says to the n-th request what it is told to, and keeps what each of its connections has heard."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.heard: list[bytes] = []
        self.left = asyncio.Event()
        self._answers = list(answers)
        self._lengths = {GET: len(GET), POST: len(POST), CHUNKED: len(CHUNKED), HEAD: len(HEAD)}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.heard)
        self.heard.append(b"")
        waiting = b""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.heard[number] += data
                waiting += data
                while (length := self._whole(waiting)) and self._answers:
                    waiting = waiting[length:]
                    writer.write(answer := self._answers.pop(0))
                    if answer in (UNTIL_THE_END, HANGS_UP):
                        writer.close()
        self.left.set()
        writer.close()

    def _whole(self, waiting: bytes) -> int:
        return next((length for known, length in self._lengths.items() if waiting.startswith(known)), 0)


class Client:
    """A plain connection to the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hears(self, expected: bytes) -> None:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            assert await self.reader.readexactly(len(expected)) == expected

    async def hears_the_end(self) -> bytes:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            return await self.reader.read()

    async def is_reset(self) -> None:
        with pytest.raises(ConnectionResetError):
            await self.hears_the_end()


@contextlib.asynccontextmanager
async def connected(script: Script, choose: Choose = nothing) -> AsyncIterator[tuple[Client, Proxy]]:
    server = await asyncio.start_server(script, "127.0.0.1", 0)
    async with Proxy(Address("127.0.0.1", server.sockets[0].getsockname()[1]), Http(choose)) as proxy:
        client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
        yield client, proxy
        client.writer.close()
    server.close()
    await server.wait_closed()


async def until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), WAIT_SECONDS_MAX)


def test_requests_follow_each_other_over_one_connection_byte_for_byte() -> None:
    async def played() -> None:
        script = Script([SHORT, IN_CHUNKS, SHORT, NO_BODY, SHORT])
        async with connected(script) as (client, _):
            for request, answer in ((GET, SHORT), (POST, IN_CHUNKS), (CHUNKED, SHORT), (HEAD, NO_BODY), (GET, SHORT)):
                client.writer.write(request)
                await client.hears(answer)
        assert script.heard == [GET + POST + CHUNKED + HEAD + GET]

    asyncio.run(played())


def test_requests_in_one_piece_are_told_apart() -> None:
    async def played() -> None:
        seen = list[Asked]()

        def watch(asked: Asked) -> Fault:
            seen.append(asked)
            return Nothing()

        async with connected(Script([SHORT, IN_CHUNKS, SHORT]), watch) as (client, _):
            client.writer.write(POST + CHUNKED + GET)
            await client.hears(SHORT + IN_CHUNKS + SHORT)
        assert [asked.path for asked in seen] == ["/two", "/three", "/one"]

    asyncio.run(played())


def test_a_request_in_many_pieces_is_one() -> None:
    async def played() -> None:
        script = Script([SHORT])
        async with connected(script) as (client, _):
            for byte in POST:
                client.writer.write(bytes([byte]))
                await asyncio.sleep(0)
            await client.hears(SHORT)
        assert script.heard == [POST]

    asyncio.run(played())


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    async def played() -> None:
        async with connected(Script([UNTIL_THE_END])) as (client, _):
            client.writer.write(GET)
            assert await client.hears_the_end() == UNTIL_THE_END

    asyncio.run(played())


def test_an_answer_passes_as_it_comes_and_not_when_it_is_whole() -> None:
    async def played() -> None:
        async with connected(Script([IN_CHUNKS[:-5]])) as (client, _):
            client.writer.write(GET)
            await client.hears(IN_CHUNKS[:-5])

    asyncio.run(played())


def test_half_a_request_is_half_of_its_bytes_and_then_a_reset() -> None:
    async def played() -> None:
        script = Script([])
        async with connected(script, lambda _: ResetInRequest(0.5)) as (client, _):
            client.writer.write(POST)
            await client.is_reset()
            await until(script.left)
        assert script.heard == [POST[: len(POST) // 2]]

    asyncio.run(played())


def test_who_is_reset_after_the_request_does_not_wait_for_an_answer() -> None:
    async def played() -> None:
        script = Script([])
        async with connected(script, lambda _: ResetAfter()) as (client, _):
            client.writer.write(POST)
            await client.is_reset()
            await until(script.left)
        assert script.heard == [POST]

    asyncio.run(played())


def test_a_torn_answer_breaks_off_where_it_should() -> None:
    async def played() -> None:
        async with connected(Script([SHORT]), lambda _: AnswerTorn(0.5)) as (client, _):
            client.writer.write(GET)
            await client.hears(SHORT[: len(SHORT) // 2])
            await client.is_reset()

    asyncio.run(played())


def test_a_copy_comes_over_a_connection_of_its_own() -> None:
    async def played() -> None:
        script = Script([SHORT, IN_CHUNKS])
        async with connected(script, lambda _: Duplicated(0.05, "copy")) as (client, _):
            client.writer.write(POST)
            await client.hears(IN_CHUNKS)
        assert script.heard == [POST, POST]

    asyncio.run(played())


def test_a_fault_that_did_not_come_to_be_is_not_noted() -> None:
    async def played() -> None:
        async with connected(Script([HANGS_UP]), lambda _: AnswerLost()) as (client, proxy):
            client.writer.write(GET)
            assert await client.hears_the_end() == b""
            assert proxy.happened == []

    asyncio.run(played())


def test_of_a_client_that_leaves_the_server_hears() -> None:
    async def played() -> None:
        script = Script([])
        async with connected(script) as (client, _):
            client.writer.write(POST)
            await client.writer.drain()
            client.writer.close()
            await until(script.left)
        assert script.heard == [POST]

    asyncio.run(played())


def test_what_was_sent_in_a_partition_by_who_has_left_arrives_after_it() -> None:
    async def played() -> None:
        script, arrived = Script([]), asyncio.Event()

        def notice(_: Asked) -> Fault:
            arrived.set()
            return Nothing()

        async with connected(script, notice) as (client, proxy):
            client.writer.write(POST)
            proxy.partition()
            await until(arrived)
            client.writer.close()
            await asyncio.sleep(0.05)
            assert script.heard == [b""]
            proxy.heal()
            await until(script.left)
        assert script.heard == [POST]

    asyncio.run(played())


@pytest.mark.parametrize("nonsense", [b"\x16\x03\x01 this is no HTTP\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_is_a_reset(nonsense: bytes) -> None:
    async def played() -> None:
        async with connected(Script([])) as (client, _):
            client.writer.write(nonsense)
            await client.is_reset()

    asyncio.run(played())


def test_a_request_that_is_too_long_is_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "REQUEST_BYTES_MAX", 1000)

    async def played() -> None:
        async with connected(Script([])) as (client, _):
            client.writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + b"x" * 2000)
            await client.is_reset()

    asyncio.run(played())
