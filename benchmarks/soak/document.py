"""A soak for the documentation: docs/soak.md and its picture. Pure."""

from html import escape

from benchmarks.peers.document import framed
from benchmarks.soak.flat import WARM_UP_SHARE
from benchmarks.soak.page import path
from benchmarks.soak.plots import Plot, plots
from benchmarks.soak.report import Report
from benchmarks.soak.words import done, duration, figures, rule_in_words, smallest_leak

WIDTH, GAP, BOX, TOP, PLOT = 860, 40, 170, 44, 96
ABOUT = """\
One server on one database sells at a bounded rate, while the scenarios of `sellout prove` are played on it in turns,
streams are watched, pages looked at, purchases paid back, exports and audits made and webhooks sent. Every few seconds
its processes and its files are looked at."""
PICTURE_STYLE = """
.ground { fill: #fff; }
text { font: 14px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #0c0e14; }
.name { font-weight: 600; } .soft { fill: #5d6373; font-size: 12px; }
.line { fill: none; stroke: #5651e0; stroke-width: 1.6; }
.second { stroke: #b97a0b; } .warm { fill: #eff0f3; } .edge { stroke: #d9dbe2; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #121418; }
  text { fill: #f3f4f7; } .soft { fill: #a0a6b5; } .line { stroke: #908cff; } .second { stroke: #e0a83e; }
  .warm { fill: #1b1e25; } .edge { stroke: #343946; }
}
"""


def markdown(report: Report) -> str:
    """The page."""
    soaked = report.soaked
    parts = [
        "# A long while of everything",
        f"{report.word}: {report.sentence}",
        f"Run on {report.date} with `{report.command}`.",
        ABOUT,
        "![Memory, files, log, database, purchases and latency over the time](soak/soak.svg)",
        "The same as [one page that needs nothing else](soak/soak.html).",
        "\n".join(f"- {name}: {value} ({note})" for name, value, note in figures(soaked)),
        "## What flat is",
        rule_in_words(soaked),
        _rules(report),
        f"What grows with what is sold has no rule. And {smallest_leak(soaked)}.",
        "## What was done all the while",
        _table(("asked", "times"), [(name, f"{count:,}") for name, count in done(soaked)]),
        "## Machine and versions",
        "\n".join(f"- {line}" for line in [*(f"{name}: {value}" for name, value in report.facts), *report.notes]),
    ]
    return "\n\n".join(parts) + "\n"


def _rules(report: Report) -> str:
    rows = []
    for ruling in report.verdict.rulings:
        found = "; ".join(finding.replace("|", "\\|") for finding in ruling.findings)
        rows.append((ruling.statement, "holds" if ruling.holds else f"**broken**: {found}"))
    return _table(("rule", ""), rows)


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"| {left} | {right} |" for left, right in [head, ("---", "---"), *rows])


def picture(report: Report) -> str:
    """All plots as an SVG that follows its reader's light or dark."""
    drawn = plots(report.soaked)
    height = BOX * -(-len(drawn) // 2)
    boxes = "\n".join(_box(plot, number, report.soaked.seconds) for number, plot in enumerate(drawn))
    title = f"<title>A soak of {duration(report.soaked.seconds)}</title>"
    return f"{framed(WIDTH, height)}\n{title}\n<style>{PICTURE_STYLE}</style>\n{boxes}\n</svg>\n"


def _box(plot: Plot, number: int, seconds: float) -> str:
    width = (WIDTH - GAP) / 2
    x, y = (number % 2) * (width + GAP), (number // 2) * BOX
    names = ", ".join(f"{line.name or 'at the end'} {line.last}" for line in plot.lines)
    bottom = y + TOP + PLOT
    lines = (
        f'<path class="line{" second" if at else ""}" d="{path(line, width, PLOT, x, y + TOP)}"/>'
        for at, line in enumerate(plot.lines)
    )
    return "\n".join(
        [
            f'<text class="name" x="{x}" y="{y + 16}">{escape(plot.title)}</text>',
            f'<text class="soft" x="{x}" y="{y + 34}">at most {escape(plot.top)}, {escape(names)}</text>',
            f'<rect class="warm" x="{x}" y="{y + TOP}" width="{width * WARM_UP_SHARE:.1f}" height="{PLOT}"/>',
            *lines,
            f'<line class="edge" x1="{x}" x2="{x + width}" y1="{bottom}" y2="{bottom}"/>',
            f'<text class="soft" x="{x}" y="{bottom + 16}">0</text>',
            f'<text class="soft" x="{x + width}" y="{bottom + 16}" text-anchor="end">{duration(seconds)}</text>',
        ]
    )
