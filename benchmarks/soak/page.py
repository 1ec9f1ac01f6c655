"""A soak as one HTML page that needs nothing else. Pure."""

from collections.abc import Sequence

from benchmarks.peers.sheet import card, hero, sheet
from benchmarks.soak.flat import WARM_UP_SHARE
from benchmarks.soak.plots import Line, Plot, plots
from benchmarks.soak.report import Report
from benchmarks.soak.words import done, duration, figures, rule_in_words, smallest_leak
from sellout.prove.charts import HEIGHT, OPEN, WIDTH
from sellout.prove.parts import pairs, reason, rule_row, text

STYLE = """
.line { fill: none; stroke-width: 1.8; stroke: var(--chart); stroke-linejoin: round; }
.line.second { stroke: var(--wait); }
.warm { fill: var(--grid); opacity: .6; }
.keys { display: flex; gap: 18px; margin: 10px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.keys i { display: inline-block; width: 14px; height: 3px; margin: 0 7px 4px 0; border-radius: 2px;
  background: var(--chart); }
.keys .second i { background: var(--wait); } .keys b { color: var(--ink); font-weight: 600; }
.counts { columns: 3; column-gap: 32px; margin: 14px 0 0; padding: 0; list-style: none; font-size: 14px; }
.counts li { display: flex; justify-content: space-between; gap: 12px; padding: 5px 0;
  border-top: 1px solid var(--grid); break-inside: avoid; overflow-wrap: anywhere; }
.counts b { font-weight: 600; } .counts span { color: var(--soft); }
@media (max-width: 900px) { .counts { columns: 2; } } @media (max-width: 720px) { .counts { columns: 1; } }
"""


def render(report: Report) -> str:
    """The page."""
    drawn = [_card(plot, report.soaked.seconds) for plot in plots(report.soaked)]
    pairs_of_cards = [
        f'<div class="pair">\n{left}\n{right}\n</div>' for left, right in zip(drawn[::2], drawn[1::2], strict=True)
    ]
    rules = "\n".join(rule_row(ruling) for ruling in report.verdict.rulings)
    leak = smallest_leak(report.soaked)
    body = [
        hero(report.word, report.sentence, _reasons(report)),
        f'<dl class="tiles card">\n{pairs(*figures(report.soaked))}\n</dl>',
        *pairs_of_cards,
        card("What flat is", rule_in_words(report.soaked), f'<table class="rules">\n{rules}\n</table>'),
        card("What was done all the while", f"How often each was asked; {leak}.", _counts(done(report.soaked))),
        card("Where", f"{report.date}, {report.command}", f'<dl class="facts">{_facts(report)}</dl>'),
    ]
    top = f"soak · {report.soaked.engine} · {duration(report.soaked.seconds)} · {report.date}"
    return sheet(
        title=f"{report.word} · Sellout", top=top, body="\n".join(body), maker="make soak",
        good=report.verdict.exact, more=STYLE,
    )  # fmt: skip


def _reasons(report: Report) -> str:
    if report.verdict.exact:
        return ""
    return f'<ul class="reasons">{"".join(map(reason, report.verdict.broken))}</ul>'


def _card(plot: Plot, seconds: float) -> str:
    return card(plot.title, plot.caption, f"{_drawn(plot)}{_axis(seconds)}{_keys(plot.lines)}")


def _drawn(plot: Plot) -> str:
    shapes = [f'<rect class="warm" width="{WIDTH * WARM_UP_SHARE:.0f}" height="{HEIGHT}"/>']
    shapes += [_rule(share) for share in (0.25, 0.5, 0.75)]
    for number, line in enumerate(plot.lines):
        kind = "line second" if number else "line"
        shapes.append(f'<path class="{kind}" d="{path(line, WIDTH, HEIGHT)}" vector-effect="non-scaling-stroke"/>')
    label = text(f"{plot.title}, at most {plot.top}")
    top = f'<span class="limit">at most {text(plot.top)}</span>'
    return f'<div class="plot">{top}{OPEN % label}{"".join(shapes)}</svg></div>'


def path(line: Line, width: float, height: float, left: float = 0.0, top: float = 0.0) -> str:
    """A line's points in a box."""
    points = [f"{left + width * x:.1f} {top + height * (1 - y):.2f}" for x, y in line.points]
    return f"M{'L'.join(points)}" if points else ""


def _rule(share: float) -> str:
    y = HEIGHT * share
    return f'<line class="grid" x1="0" x2="{WIDTH}" y1="{y:.0f}" y2="{y:.0f}" vector-effect="non-scaling-stroke"/>'


def _axis(seconds: float) -> str:
    marks = (duration(seconds * share) if share else "0" for share in (0, 0.5, 1))
    return f'<div class="axis">{"".join(f"<span>{mark}</span>" for mark in marks)}</div>'


def _keys(lines: Sequence[Line]) -> str:
    keys = "".join(
        f"<li{' class=second' if number else ''}><i></i>{text(line.name or 'at the end')} <b>{text(line.last)}</b></li>"
        for number, line in enumerate(lines)
    )
    return f'<ul class="keys">{keys}</ul>'


def _counts(counts: Sequence[tuple[str, int]]) -> str:
    rows = "".join(f"<li><span>{text(name)}</span><b>{count:,}</b></li>" for name, count in counts)
    return f'<ul class="counts">{rows}</ul>'


def _facts(report: Report) -> str:
    return pairs(*((name, value, "") for name, value in report.facts))
