"""Where a message of HTTP/1.1 ends, found by h11, while its bytes stay as they are. Pure."""

import h11

HEAD_BYTES_MAX = 64 * 1024
KEY_HEADER = b"idempotency-key"


class Message:
    """One request or one answer, as its bytes arrive."""

    def __init__(self, connection: h11.Connection) -> None:
        self.complete = False
        self.rest = b""
        """What arrived behind its end."""
        self.head: h11.Request | h11.Response | None = None
        self._connection = connection

    def feed(self, arrived: bytes) -> bytes:
        """Those of the bytes that belong to it. None at all mean that no more will come. Raises h11.ProtocolError."""
        self._connection.receive_data(arrived)
        while not self.complete:
            event = self._connection.next_event()
            if event is h11.NEED_DATA:
                return arrived
            if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                raise h11.RemoteProtocolError("the connection ended, or became another protocol")
            if isinstance(event, h11.Request | h11.Response):
                self.head = event
            self.complete = isinstance(event, h11.EndOfMessage)
        self.rest = self._connection.trailing_data[0]
        return arrived[: len(arrived) - len(self.rest)]


def request_message() -> Message:
    return Message(h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES_MAX))


def answer_message(method: bytes) -> Message:
    """The answer to a request of this method: what a HEAD gets has no body."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "proxy")]))
    connection.send(h11.EndOfMessage())
    return Message(connection)


def key_of(request: h11.Request) -> str | None:
    """The Idempotency-Key, where there is one."""
    return next((value.decode("latin-1") for name, value in request.headers if name == KEY_HEADER), None)
