"""Two charts and a bar as inline SVG. Pure: numbers in, text out.

Shapes are stretched to the width there is, and labels are HTML beside them, so that a chart is as sharp and
its words as large on a telephone as on a desk.
"""

from collections.abc import Sequence
from html import escape

from sellout.prove.figures import Bin

WIDTH, HEIGHT = 1000, 100
GAP_SHARE = 0.16  # of a column's width
GAP = 3  # between the parts of a bar
OPEN = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="%s">'
EMPTY = '<div class="plot"></div>'


def step_line(steps: Sequence[tuple[float, int]], *, limit: int, seconds: float) -> str:
    """Units sold so far, from the release to the last answer; the dashed line is all there were."""
    if not steps or seconds <= 0:
        return EMPTY
    top = max(limit, *(sold for _, sold in steps))
    line = step_path(steps, top=top, seconds=seconds)
    label = f"{steps[-1][1]} units sold in {steps[-1][0]:.2f} seconds"
    shapes = [
        *(_rule(HEIGHT * share, "grid") for share in (0.25, 0.5, 0.75)),
        f'<path class="area" d="{line}V100Z"/>',
        _rule(HEIGHT * (1 - limit / top), "edge"),
        f'<path class="step" d="{line}" vector-effect="non-scaling-stroke"/>',
    ]
    plot = f'<div class="plot"><span class="limit">{limit:,}</span>{OPEN % label}{"".join(shapes)}</svg></div>'
    return plot + _axis(*(_clock(seconds * share) for share in (0, 0.5, 1)))


def step_path(steps: Sequence[tuple[float, int]], *, top: int, seconds: float) -> str:
    """A line that steps at each time to its value, from nothing on; `top` is at the upper edge."""
    path = [f"M0 {HEIGHT}"]
    for at, value in steps:
        path.append(f"H{WIDTH * at / seconds:.1f}V{HEIGHT * (1 - value / top):.2f}")
    return "".join([*path, f"H{WIDTH}"])


def columns(bins: Sequence[Bin]) -> str:
    """The latency histogram; the last column, of another colour, is the tail that is cut short."""
    most = max((one.count for one in bins), default=0)
    if not most:
        return EMPTY
    width = WIDTH / len(bins)
    shapes = [_rule(HEIGHT * share, "grid") for share in (0.25, 0.5, 0.75)]
    for number, one in enumerate(bins):
        kind, height = "tail" if one.end_ms is None else "bar", HEIGHT * one.count / most
        x, wide = (number + GAP_SHARE / 2) * width, (1 - GAP_SHARE) * width
        box = f'x="{x:.1f}" width="{wide:.1f}" y="{HEIGHT - height:.2f}" height="{height:.2f}"'
        shapes.append(f'<rect class="{kind}" {box}><title>{escape(one.label)}: {one.count:,}</title></rect>')
    end = bins[-1].end_ms
    last = f"{bins[-1].start_ms:g} ms and more" if end is None else f"{end:g} ms"
    plot = f'<div class="plot"><span class="limit">{most:,} answers</span>{OPEN % "Latency histogram"}'
    return plot + "".join(shapes) + "</svg></div>" + _axis(f"{bins[0].start_ms:g} ms", last)


def proportions(parts: Sequence[tuple[str, int, str]]) -> str:
    """One bar, divided as the counts are: (label, count, class)."""
    total, x, shapes = max(1, sum(count for _, count, _ in parts)), 0.0, list[str]()
    for label, count, kind in parts:
        width = WIDTH * count / total
        shapes.append(
            f'<rect class="{kind}" x="{x:.1f}" width="{max(3.0, width - GAP):.1f}" height="{HEIGHT}">'
            f"<title>{escape(label)}: {count:,}</title></rect>"
        )
        x += width
    opening = OPEN.replace("<svg ", '<svg class="share" ') % "Share of each answer"
    return f"{opening}{''.join(shapes)}</svg>"


def _rule(y: float, kind: str) -> str:
    ends = f'x1="0" x2="{WIDTH}" y1="{y:.2f}" y2="{y:.2f}"'
    return f'<line class="{kind}" {ends} vector-effect="non-scaling-stroke"/>'


def _axis(*labels: str) -> str:
    return f'<div class="axis">{"".join(f"<span>{escape(label)}</span>" for label in labels)}</div>'


def _clock(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 2 else f"{1000 * seconds:.0f} ms"
