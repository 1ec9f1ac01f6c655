"""The lanes of a timeline: the server's life, the faults, the requests, an item's units. Pure: values in, SVG out."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sellout.prove.charts import HEIGHT, WIDTH, step_path
from sellout.prove.parts import text
from sellout.torture.report.layout import Scale, Span, pack
from sellout.torture.results import Answer, FaultSeen, Level, Life, RequestSeen

HEADING_PX = 24
SERVER_PX = 14
FAULT_PX = 20
REQUEST_PX = 7
UNITS_PX = 64
BELOW_PX = 10
GAP_SHARE = 0.014  # of all the time, between two requests in a row: as wide as a mark
ROOM_PERCENT = 45.0  # of the width: beside a fault, for its words
INSTANT_PERCENT = 1.0  # of the width: a fault that took less is a mark and no bar

FAULTS_DRAWN_MAX = 12
REQUESTS_DRAWN_MAX = 250  # those that were asked again come first
ATTEMPTS_DRAWN_MAX = 8  # of a request: the first ones, and the last
ROWS_MAX = 90  # of requests


class Mark(StrEnum):
    """What an answer was; the value is the id of its shape."""

    OK = "ok"
    REPLAYED = "replayed"
    REFUSED = "refused"
    RETRIED = "retried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A lane, drawn from 0 downwards."""

    shapes: str
    height: int


def mark_of(answer: Answer) -> Mark:
    """How an answer is marked where it arrived."""
    if answer.granted:
        return Mark.REPLAYED if answer.replayed else Mark.OK
    if not answer.unknown:
        return Mark.REFUSED
    return Mark.RETRIED if answer.answer.startswith(("429", "503")) else Mark.UNKNOWN


def server_lane(lives: Sequence[Life], scale: Scale) -> Drawing:
    """A bar while it answered, a broken line while it did not, and a cross where it was killed."""
    middle = HEADING_PX + 5
    shapes = [_heading("Server", ""), f'<line class="down" x2="100%" y1="{middle}" y2="{middle}"/>']
    for life in lives:
        x, end = scale.x(life.started_at), scale.x(life.ended_at)
        how = f"<title>Up from {life.started_at:.2f} s to {life.ended_at:.2f} s, {_ended(life.exit_code)}</title>"
        bar = f'<rect x="{x}%" width="{_wide(x, end)}%" y="{HEADING_PX}" height="10" rx="3"/>'
        cross = f'<use href="#unknown" x="{end}%" y="{middle}" transform="translate(7)"/>' if life.exit_code < 0 else ""
        shapes.append(f'<g class="up">{how}{bar}{cross}</g>')
    return Drawing("".join(shapes), HEADING_PX + SERVER_PX + BELOW_PX)


def _ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"ended with {exit_code}"
    known = {int(each): each.name for each in signal.Signals}
    return f"ended by {known.get(-exit_code, f'signal {-exit_code}')}"


def faults_lane(faults: Sequence[FaultSeen], scale: Scale) -> Drawing:
    """A row for each fault that happened, with its words where there is room for them."""
    fired = [fault for fault in faults if fault.fired]
    shapes = [_heading("Faults", _more(len(fired) - FAULTS_DRAWN_MAX) if fired else "none")]
    rows = fired[:FAULTS_DRAWN_MAX]
    for row, fault in enumerate(rows):
        shapes.append(_fault(fault, scale, HEADING_PX + row * FAULT_PX))
    return Drawing("".join(shapes), HEADING_PX + len(rows) * FAULT_PX + BELOW_PX)


def _fault(fault: FaultSeen, scale: Scale, y: int) -> str:
    x, end = scale.x(fault.started_at), scale.x(end_of(fault))
    if is_instant(fault, scale):
        shape = f'<use href="#instant" x="{x}%" y="{y + 7}"/>'
    else:
        shape = f'<rect class="lasting" x="{x}%" width="{_wide(x, end)}%" y="{y}" height="14" rx="3"/>'
    return f"<g>{shape}{_words(fault.words, x, end, y + 11)}</g>"


def end_of(fault: FaultSeen) -> float:
    return fault.started_at if fault.ended_at is None else fault.ended_at


def is_instant(fault: FaultSeen, scale: Scale) -> bool:
    """Whether it is too short to be seen as a bar."""
    return scale.x(end_of(fault)) - scale.x(fault.started_at) < INSTANT_PERCENT


def _words(words: str, x: float, end: float, y: int) -> str:
    """Behind it, before it, or in it: where there is room."""
    if 100 - end >= ROOM_PERCENT:
        return f'<text class="fault" x="{end}%" dx="9" y="{y}">{text(words)}</text>'
    if x >= ROOM_PERCENT:
        return f'<text class="fault" x="{x}%" dx="-9" y="{y}" text-anchor="end">{text(words)}</text>'
    return f'<text class="fault" x="{x}%" dx="6" y="{y}">{text(words)}</text>'


def requests_lane(requests: Sequence[RequestSeen], scale: Scale) -> Drawing:
    """A line for each request from its departure to its last answer, and a mark at each answer."""
    by_trouble = sorted(requests, key=lambda request: len(request.attempts) == 1 and not request.was_unknown)
    drawn = by_trouble[:REQUESTS_DRAWN_MAX]
    gap = GAP_SHARE * scale.seconds
    spans = [Span(each.attempts[0].started_at - gap / 2, each.final.ended_at + gap / 2, each) for each in drawn]
    packed = pack(spans, rows_max=ROWS_MAX)
    left_out = packed.left_out + len(requests) - len(drawn)
    shapes = [_heading("Requests", _more(left_out))]
    shapes += [_request(each, scale, HEADING_PX + row * REQUEST_PX + REQUEST_PX // 2) for row, each in packed.placed]
    return Drawing("".join(shapes), HEADING_PX + packed.rows * REQUEST_PX + BELOW_PX)


def _request(request: RequestSeen, scale: Scale, y: int) -> str:
    attempts = request.attempts
    if len(attempts) > ATTEMPTS_DRAWN_MAX:
        attempts = (*attempts[: ATTEMPTS_DRAWN_MAX - 1], request.final)
    shapes = list[str]()
    if len(attempts) > 1:
        shapes.append(_line("waits", scale.x(attempts[0].started_at), scale.x(request.final.ended_at)))
    for attempt in attempts:
        x, end = scale.x(attempt.started_at), scale.x(attempt.ended_at)
        if x != end:
            shapes.append(_line("way", x, end))
        shapes.append(f'<use href="#{mark_of(attempt)}" x="{end}%"/>')
    words = f"<title>{text(in_words(request))}</title>"
    return f'<g transform="translate(0 {y})">{words}{"".join(shapes)}</g>'


def in_words(request: RequestSeen) -> str:
    """Who asked for what, and got what."""
    told = [attempt.answer + (" again" if attempt.replayed else "") for attempt in request.attempts]
    if len(told) > ATTEMPTS_DRAWN_MAX:
        told = [*told[: ATTEMPTS_DRAWN_MAX - 1], "…", told[-1]]
    what = (
        f"{request.action.replace('_', ' ')} {request.quantity} of {request.item}" if request.item else request.action
    )
    return f"{request.buyer}: {what}: {', '.join(told)}"


def units_lane(item: str, levels: Sequence[Level], scale: Scale) -> Drawing:
    """Units sold, and held on top of them, against all there are."""
    last = levels[-1]
    most = max(1, *(max(level.capacity, level.sold + level.held) for level in levels))
    sold = _steps([(level.at, level.sold) for level in levels], most, scale)
    held = _steps([(level.at, level.sold + level.held) for level in levels], most, scale)
    stock = _steps([(scale.start, levels[0].capacity), *((level.at, level.capacity) for level in levels)], most, scale)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" width="100%" height="{UNITS_PX}" y="{HEADING_PX}"'
    shapes = (
        f'<path class="held" d="{held}V{HEIGHT}Z"/><path class="area" d="{sold}V{HEIGHT}Z"/>'
        f'<path class="stock" d="{stock}"/><path class="step" d="{sold}"/>'
    )
    heading = _heading(item, f"{last.sold:,} of {last.capacity:,} sold at the last look")
    return Drawing(f"{heading}<svg {box}>{shapes}</svg>", HEADING_PX + UNITS_PX + BELOW_PX)


def _steps(points: Sequence[tuple[float, int]], most: int, scale: Scale) -> str:
    """Only where the value changes."""
    changes = [point for number, point in enumerate(points) if number == 0 or point[1] != points[number - 1][1]]
    return step_path([(at - scale.start, value) for at, value in changes], top=most, seconds=scale.seconds)


def _heading(words: str, note: str) -> str:
    more = f'<tspan class="note" dx="8">{text(note)}</tspan>' if note else ""
    return f'<text class="lane" y="14">{text(words)}{more}</text>'


def _line(kind: str, x: float, end: float) -> str:
    return f'<line class="{kind}" x1="{x}%" x2="{end}%"/>'


def _wide(x: float, end: float) -> float:
    return max(0.3, round(end - x, 2))


def _more(left_out: int) -> str:
    return f"{left_out:,} more are not drawn" if left_out > 0 else ""
