"""The ceiling: ASGI endpoints that do nothing, on Granian with the settings of Sellout's own serve."""

from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY = b'{"status":"ok"}'
START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
}
END: Message = {"type": "http.response.body", "body": BODY}


async def app(_scope: Message, _receive: Receive, send: Send) -> None:
    """Answer every request with the same small JSON, without looking at it."""
    await send(START)
    await send(END)


HELD: Message = {
    "type": "http.response.body",
    "body": b'{"hold_id":"00000000-0000-0000-0000-000000000000","item":"benchmark","quantity":1,"buyer":'
    b'"00000000-0000-0000-0000-000000000000","state":"held","expires_at":"2030-01-02T03:04:05.678901Z"}',
}
HELD_START: Message = {
    "type": "http.response.start",
    "status": 201,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(HELD["body"])).encode())],
}


async def holding(scope: Message, _receive: Receive, send: Send) -> None:
    """Tell whoever wants a hold that there is one, always the same; answer everything else like `app`."""
    held = scope["path"].endswith("/holds")
    await send(HELD_START if held else START)
    await send(HELD if held else END)


async def reading(_scope: Message, receive: Receive, send: Send) -> None:
    """The same, but take the body first, as every endpoint that acts on a body must."""
    await receive()
    await send(START)
    await send(END)
