"""Server-sent events as bytes (HTML standard, section 9.2, "Server-sent events"). Pure."""

MEDIA_TYPE = "text/event-stream"

HEADERS = [
    ("content-type", MEDIA_TYPE),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),  # a proxy that collects an answer before it passes it on would tell nobody anything
]


def event(name: str, data: str) -> bytes:
    """One event. Each line of `data` is a line of its own, as the format wants it."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()


def comment(text: str) -> bytes:
    """What keeps a connection from looking dead, and no page reads. It has one line."""
    return f": {text}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """How long a client waits before it connects again."""
    return f"retry: {milliseconds}\n\n".encode()
