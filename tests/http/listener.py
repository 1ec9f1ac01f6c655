"""Who listens to a stream of a real server: a connection of its own, read event by event."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PATIENCE_SECONDS = 30.0


class Heard(NamedTuple):
    """One event, or what stands between two empty lines."""

    name: str
    data: Any
    fields: tuple[str, ...]


class Listener:
    """An open stream."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.answer = connection.getresponse()
        self.status = self.answer.status
        self.headers = self.answer.headers

    def hear(self) -> Heard | None:
        """What is told next; None once the server has ended the stream."""
        lines = list[str]()
        while line := self.answer.readline():
            text = line.decode().rstrip("\n")
            if text:
                lines.append(text)
            elif lines:
                return _heard(lines)
        return None

    def told(self) -> Heard:
        """What is told next; the stream must not end."""
        heard = self.hear()
        assert heard is not None, "the stream has ended"
        return heard

    def item(self) -> dict[str, Any]:
        """The next item that is told."""
        while True:
            heard = self.told()
            if heard.name == "item":
                found: dict[str, Any] = heard.data
                return found

    def item_that(self, **members: Any) -> dict[str, Any]:
        """The next item with these members."""
        while True:
            item = self.item()
            if item.items() >= members.items():
                return item

    def rest(self) -> list[Heard]:
        """All that is told until the server ends the stream."""
        return list(iter(self.hear, None))


def _heard(lines: list[str]) -> Heard:
    fields = dict(line.split(": ", 1) for line in lines)
    return Heard(fields.get("event", ""), json.loads(fields.get("data", "null")), tuple(lines))


@contextlib.contextmanager
def listening(url: str, address: str, method: str = "GET", **headers: str) -> Iterator[Listener]:
    """Somebody listens for as long as the block lasts."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, address, headers=headers)
        listener = Listener(connection)
        with listener.answer:
            yield listener
    finally:
        connection.close()
