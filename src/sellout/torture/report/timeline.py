"""A round as a picture: inline SVG. Pure: a round in, text out.

Places along the time are in percent and everything else is in pixels, so that shapes and words are as large on a
telephone as on a desk. What is told by a colour is told by a shape, too.
"""

from collections.abc import Iterator

from sellout.prove.parts import text
from sellout.prove.words import counted
from sellout.torture.report.lanes import (
    Drawing,
    end_of,
    faults_lane,
    is_instant,
    requests_lane,
    server_lane,
    units_lane,
)
from sellout.torture.report.layout import Scale
from sellout.torture.results import RoundResult

ITEMS_DRAWN_MAX = 6
AXIS_PX = 22
PAUSE_BEFORE = 0.03  # of all the time: between the left edge and the first thing


def timeline(round_: RoundResult, name: str) -> str:
    """The picture. `name` is unlike that of any other on the page."""
    scale = scale_of(round_)
    drawn, top = list[str](), 0
    for lane in _lanes(round_, scale):
        drawn.append(f'<g transform="translate(0 {top})">{lane.shapes}</g>')
        top += lane.height
    height = top + AXIS_PX
    return (
        f'<svg class="timeline" height="{height}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">Round {round_.number:,} over time</title>'
        f'<desc id="{name}-desc">{text(description(round_))}</desc>'
        f"{_bands(round_, scale, top)}{_axis(scale, top)}{''.join(drawn)}</svg>"
    )


def scale_of(round_: RoundResult) -> Scale:
    """From shortly before the first thing that happened to the last."""
    times = list(_times(round_)) or [0.0]
    first, last = min(times), max(times)
    return Scale(max(0.0, first - PAUSE_BEFORE * (last - first)), last)


def _times(round_: RoundResult) -> Iterator[float]:
    for fault in round_.faults:
        if fault.fired:
            yield from (fault.started_at, end_of(fault))
    for life in round_.lives:
        yield from (life.started_at, life.ended_at)
    for request in round_.requests:
        yield from (request.attempts[0].started_at, request.final.ended_at)
    yield from (level.at for level in round_.levels)


def description(round_: RoundResult) -> str:
    """What the picture shows, for who does not see it."""
    faults = [f"{fault.words} at {fault.started_at:.2f} s" for fault in round_.faults if fault.fired]
    return (
        f"{counted(len(round_.requests), 'request')} in {counted(round_.attempts, 'attempt')}, "
        f"{round_.unknown:,} of them unknown for a while. The server was started {counted(len(round_.lives), 'time')}. "
        f"Faults: {', '.join(faults) or 'none'}. {round_.sold:,} of {counted(round_.capacity, 'unit')} were sold."
    )


def _lanes(round_: RoundResult, scale: Scale) -> Iterator[Drawing]:
    yield server_lane(round_.lives, scale)
    yield faults_lane(round_.faults, scale)
    yield requests_lane(round_.requests, scale)
    for item in tuple(dict.fromkeys(level.item for level in round_.levels))[:ITEMS_DRAWN_MAX]:
        yield units_lane(item, tuple(level for level in round_.levels if level.item == item), scale)


def _bands(round_: RoundResult, scale: Scale, height: int) -> str:
    """Every fault from the top to the bottom, behind everything."""
    shapes = list[str]()
    for fault in round_.faults:
        x, end = scale.x(fault.started_at), scale.x(end_of(fault))
        if fault.fired and is_instant(fault, scale):
            shapes.append(f'<line class="instant" x1="{x}%" x2="{x}%" y2="{height}"/>')
        elif fault.fired:
            shapes.append(f'<rect class="band" x="{x}%" width="{round(end - x, 2)}%" height="{height}"/>')
    return "".join(shapes)


def _axis(scale: Scale, top: int) -> str:
    shapes = [f'<line class="edge" x2="100%" y1="{top}" y2="{top}"/>']
    for at in scale.ticks():
        x = scale.x(at)
        anchor = "start" if x < 4 else "end" if x > 96 else "middle"
        shapes.append(
            f'<line class="grid" x1="{x}%" x2="{x}%" y2="{top}"/>'
            f'<text x="{x}%" y="{top + 16}" text-anchor="{anchor}">{at:g} s</text>'
        )
    return "".join(shapes)
