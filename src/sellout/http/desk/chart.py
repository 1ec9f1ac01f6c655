"""Units sold over time as SVG. Pure: points in, markup out.

Shapes are stretched to the room there is; labels stand beside them and are not, so that a chart is as sharp, and its
words as large, on a telephone as on a desk. Colours are the style sheet's.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from sellout.domain import MICROSECONDS, Instant, SalesPoint
from sellout.http.times import moment_of

WIDTH, HEIGHT = 1000, 100

HEADROOM = 1.08
"""Above the highest line."""

CAPACITY_SHOWN_UP_TO = 4
"""The capacity is in the picture where it is at most so many times what is sold; otherwise the line would lie flat."""

TICKS_MAX = 4
TICK_GAP_MIN = 0.11
"""A tick that is nearer to the capacity's line than this part of the height has no label."""

LIVE_SECONDS_MIN = 10
STILL_SECONDS_MIN = 0.2
MARGIN = 0.03
"""Before the first sale and after the last, as a part of the time."""

STEADY_PARTS = 150
"""The right edge of a live chart moves on in about so many steps: smaller ones nobody sees."""


class Scale(NamedTuple):
    """What the picture shows: from when to when, and up to how many units. The line ends at `drawn_to`."""

    start: Instant
    end: Instant
    drawn_to: Instant
    top: float

    def x(self, at: Instant) -> float:
        return WIDTH * min(1.0, max(0.0, (at - self.start) / (self.end - self.start)))

    def y(self, units: float) -> float:
        return HEIGHT * (1 - units / self.top)


def sales_chart(points: Sequence[SalesPoint], capacity: int, live_at: Instant | None) -> Markup:
    """The large chart with its labels. `live_at` is the time, while the sale goes on."""
    if not points:
        return _nothing_yet()
    points, scale = _what_matters(points, capacity, live_at)
    ticks = _ticks(scale, capacity)
    labels = "".join(_label(scale.y(tick), compact(tick), "tick") for tick in ticks)
    if capacity <= scale.top:
        labels += _label(scale.y(capacity), compact(capacity), "all")
    rules = "".join(_rule(scale.y(tick), "grid") for tick in ticks)
    middle = (scale.start + scale.end) // 2
    times = "".join(f"<span>{escape(text)}</span>" for text in clock_labels(scale.start, middle, scale.end))
    return Markup(  # noqa: S704 - numbers and times of our own
        f'<div class="plot"><svg class="scale" aria-hidden="true">{labels}</svg>'
        f'{_picture(points, capacity, scale, rules)}<p class="axis" aria-hidden="true">{times}</p></div>'
    )


def sparkline(points: Sequence[SalesPoint], capacity: int, live_at: Instant | None) -> Markup:
    """The small chart: only the line."""
    if not points:
        return _picture_of(_rule(HEIGHT, "grid"))
    points, scale = _what_matters(points, capacity, live_at)
    return Markup(_picture(points, capacity, scale, ""))  # noqa: S704 - numbers of our own


def shows_capacity(points: Sequence[SalesPoint], capacity: int) -> bool:
    """Whether the capacity is in the picture."""
    return bool(points) and capacity <= CAPACITY_SHOWN_UP_TO * max(1, *(point.sold for point in points))


def _nothing_yet() -> Markup:
    rules = "".join(_rule(HEIGHT * share, "grid") for share in (0.25, 0.5, 0.75, 1))
    words = Markup('<p class="none-yet"><span>Nothing is sold yet</span></p>')
    return Markup('<div class="plot none">{}{}</div>').format(_picture_of(rules), words)


def _picture_of(rules: str) -> Markup:
    """Rules alone."""
    opening = f'<svg class="shape" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(f"{opening}{rules}</svg>")  # noqa: S704 - numbers of our own


def _what_matters(
    points: Sequence[SalesPoint], capacity: int, live_at: Instant | None
) -> tuple[Sequence[SalesPoint], Scale]:
    """The points that change something, and the time and the units that they need.

    Of a sale that does not go on, the time since its last unit was sold says nothing.
    """
    kept = [point for place, point in enumerate(points) if place == 0 or point.sold != points[place - 1].sold]
    return kept, _scale(kept, capacity, live_at)


def _scale(points: Sequence[SalesPoint], capacity: int, live_at: Instant | None) -> Scale:
    most = max(1, *(point.sold for point in points))
    top = max(most, capacity) if shows_capacity(points, capacity) else most
    first, last = points[0].at, points[-1].at
    if live_at is None:
        span = max(last - first, round(STILL_SECONDS_MIN * MICROSECONDS))
        margin = round(span * MARGIN)
        end = first + span + margin
        return Scale(first - margin, end, end, top * HEADROOM)
    now = max(live_at, last)
    span = max(now - first, LIVE_SECONDS_MIN * MICROSECONDS)
    step = 1 << max(0, (span // STEADY_PARTS).bit_length() - 1)
    drawn_to, end = (-(-at // step) * step for at in (now, first + span))
    return Scale(first - round(span * MARGIN), end, drawn_to, top * HEADROOM)


def _picture(points: Sequence[SalesPoint], capacity: int, scale: Scale, rules: str) -> str:
    line = _line(points, scale)
    edge = _rule(scale.y(capacity), "edge") if capacity <= scale.top else ""
    x, y = scale.x(scale.drawn_to), scale.y(points[-1].sold)
    return (
        f'<svg class="shape" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(_in_words(points, capacity))}">{rules}'
        f'<path class="area" d="{line}V{HEIGHT}Z"/>{edge}'
        f'<path class="line" d="{line}" vector-effect="non-scaling-stroke"/>'
        f'<path class="now" d="M{x:.1f} {y:.2f}h0" vector-effect="non-scaling-stroke"/></svg>'
    )


def _line(points: Sequence[SalesPoint], scale: Scale) -> str:
    """Steps: what is sold stays so until the next point."""
    path = [f"M0 {HEIGHT}"]
    path += [f"H{scale.x(point.at):.1f}V{scale.y(point.sold):.2f}" for point in points]
    return "".join([*path, f"H{scale.x(scale.drawn_to):.1f}"])


def _in_words(points: Sequence[SalesPoint], capacity: int) -> str:
    first, last = moment_of(points[0].at), moment_of(points[-1].at)
    times = f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
    return f"Units sold over time: {points[-1].sold:,} of {capacity:,}, {times}"


def _ticks(scale: Scale, capacity: int) -> list[int]:
    """Round numbers up the side, from 0; none of them so near to the capacity that their labels would touch."""
    step = 1
    while scale.top / step > TICKS_MAX:
        step = _next_round(step)
    ticks = range(0, int(scale.top) + 1, step)
    return [tick for tick in ticks if capacity > scale.top or abs(tick - capacity) >= TICK_GAP_MIN * scale.top]


def _next_round(step: int) -> int:
    """1, 2, 5, 10, 20, 50, and so on."""
    return step * 5 // 2 if str(step).startswith("2") else step * 2


def compact(units: int) -> str:
    """`950`, `1,250`, `12.5k`, `3M`: short enough for the side of a chart."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if units >= max(size, 10_000):
            return f"{units / size:.2f}".rstrip("0").rstrip(".") + letter
    return f"{units:,}"


def clock_labels(*instants: Instant) -> list[str]:
    """Times as exact as the span between them wants it, in UTC."""
    seconds = (instants[-1] - instants[0]) / MICROSECONDS
    moments = [moment_of(instant) for instant in instants]
    if seconds < 10:
        return [f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}" for moment in moments]
    for below, pattern in ((600, "%H:%M:%S"), (86_400, "%H:%M"), (864_000, "%-d %b %H:%M")):
        if seconds < below:
            return [f"{moment:{pattern}}" for moment in moments]
    return [f"{moment:%-d %b}" for moment in moments]


def _label(y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="100%" y="{y:.2f}%">{escape(text)}</text>'


def _rule(y: float, kind: str) -> str:
    ends = f'x1="0" x2="{WIDTH}" y1="{y:.2f}" y2="{y:.2f}"'
    return f'<line class="{kind}" {ends} vector-effect="non-scaling-stroke"/>'
