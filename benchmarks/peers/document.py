"""The comparison for the documentation: docs/peers.md and its picture. Pure."""

from html import escape

from benchmarks.peers import bars
from benchmarks.peers.designs import DESIGNS
from benchmarks.peers.page import victim
from benchmarks.peers.report import LIMITS, METHOD, TIMES, YARDSTICK, Report, size
from benchmarks.peers.table import EXACT, Row, verdict_in_words

WIDTH, ROW, LEFT, RIGHT, BAR = 860, 46, 250, 12, 18
TOP, BOTTOM = 14, 74
EDGE = 20
PICTURE_STYLE = """
.ground { fill: #fff; }
text { font: 14px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #0c0e14; }
.soft { fill: #5d6373; font-size: 12px; } .said { font-size: 13px; font-weight: 600; fill: #c6253f; }
.fine { fill: #067a57; } .track { fill: #eff0f3; } .line { stroke: #0c0e14; stroke-width: 2; }
.good { fill: #067a57; } .wait { fill: #b97a0b; } .bad { fill: #7a3fd1; }
.over { fill: #c6253f; } .name { font-weight: 600; }
.cut { fill: #fff; font-size: 12px; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #121418; }
  text { fill: #f3f4f7; } .soft { fill: #a0a6b5; } .said { fill: #ff7385; } .fine { fill: #45d19c; }
  .track { fill: #22252d; } .line { stroke: #f3f4f7; }
  .good { fill: #45d19c; } .wait { fill: #e0a83e; } .bad { fill: #b18cff; }
  .over { fill: #ff7385; } .cut { fill: #0a0b0e; }
}
"""
SHORT = {
    bars.GOOD: "on record, and told",
    bars.SURPLUS: "doubled or untold",
    bars.LOST: "promised, not on record",
    bars.OVER: "beyond the stock",
}


def markdown(report: Report) -> str:
    """The page."""
    exact = [DESIGNS[name].title for name in report.exact]
    parts = [
        "# The same rush on other designs",
        (f"Played on {report.date} with `{report.command}`: {size(report.plan)}, {report.runs} runs of each kind, seed "
        f"{report.plan.seed}. Exact in every run: {', '.join(exact) or 'none'}."),
        "![Where the units of each design went, in bars against the stock](peers/rush.svg)",
        "The same as [one page that needs nothing else](peers/rush.html).",
        "## What was seen",
        _table(report),
        _yardstick(),
        "## How long it took",
        _times(report),
        TIMES,
        "## The designs, and how each could be mended",
        _designs(report),
        "## How it is played",
        *METHOD,
        "\n".join("- " + line.replace("\n", "\n  ") for line in LIMITS),
        "## Machine and versions",
        _facts(report),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _yardstick() -> str:
    return "Least to most over the runs.\n\n" + "\n".join(f"- **{kind}**: {says}" for kind, says in YARDSTICK.items())


def _table(report: Report) -> str:
    head = ["design", "killed", "told yes", "on record", *YARDSTICK, "exact runs"]
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)]]
    lines += [
        [
            DESIGNS[row.design].title,
            row.victim or "nothing",
            row.units("acknowledged"),
            row.units("recorded"),
            *(_loud(row.units(kind)) for kind in YARDSTICK),
            f"{row.exact_runs} of {len(row.runs)}",
        ]
        for row in report.rows
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _loud(units: str) -> str:
    return units if units == "0" else f"**{units}**"


def _times(report: Report) -> str:
    lines = [["design", "killed", "sold out in", "all answered in", "down for"], ["---", "---", "---:", "---:", "---:"]]
    for row in report.rows:
        down = row.seconds("down_seconds") if row.victim else ""
        times = [row.seconds("selling_seconds"), row.seconds("seconds"), down]
        lines.append([DESIGNS[row.design].title, row.victim or "nothing", *times])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _designs(report: Report) -> str:
    said = []
    for name in dict.fromkeys(row.design for row in report.rows):
        design = DESIGNS[name]
        said.append(f"- **{design.title}**: {design.says} *To mend:* {design.mending}")
    return "\n".join(said)


def _facts(report: Report) -> str:
    known = [*report.hardware.items(), ("databases on", report.disk), *report.versions.items()]
    return "\n".join([*(f"- {name}: {value}" for name, value in known), *(f"- {note}" for note in report.notes)])


def picture(report: Report) -> str:
    """The bars as an SVG that follows its reader's light or dark."""
    height = TOP + ROW * len(report.rows) + BOTTOM
    rows = "\n".join(_row(row, number, report.plan.stock) for number, row in enumerate(report.rows))
    x, end = _x(bars.line(report.plan.stock)), TOP + ROW * len(report.rows)
    return (
        f"{framed(WIDTH, height)}\n<title>Where the units went</title>\n<style>{PICTURE_STYLE}</style>\n{rows}\n"
        f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{end}"/>\n'
        f'<text class="soft" x="{x:.1f}" y="{end + 18}" text-anchor="middle">the stock: {report.plan.stock:,}</text>\n'
        f"{_legend(end + 50)}\n</svg>\n"
    )


def framed(width: int, height: int) -> str:
    """The opening of an SVG on a ground of its own: pages may be dark where the reader's system is light."""
    box = (-EDGE, -EDGE, width + 2 * EDGE, height + 2 * EDGE)
    ground = '<rect class="ground" x="{}" y="{}" width="{}" height="{}" rx="12"/>'.format(*box)
    opening = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{} {} {} {}" role="img">'.format(*box)
    return opening + ground


def _row(row: Row, number: int, stock: int) -> str:
    design, y = DESIGNS[row.design], TOP + ROW * number
    said = verdict_in_words(row, named=design.named)
    drawn = [f'<rect class="track" x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{BAR}"/>']
    for part in bars.parts(row.worst, stock):
        width = _x(part.end) - _x(part.start)
        drawn.append(f'<rect class="{part.kind}" x="{_x(part.start):.1f}" y="{y}" width="{width:.1f}" height="{BAR}"/>')
    if bars.cut(row.worst, stock):
        length = row.worst.recorded + row.worst.lost
        drawn.append(f'<text class="cut" x="{WIDTH - RIGHT - 6}" y="{y + 13}" text-anchor="end">{length:,} →</text>')
    return "\n".join(
        [
            f'<text class="name" x="0" y="{y + 14}">{escape(design.title)}</text>',
            f'<text class="soft" x="0" y="{y + 31}">{escape(victim(row))}</text>',
            *drawn,
            f'<text class="said{" fine" if said == EXACT else ""}" x="{LEFT}" y="{y + 33}">{escape(said)}</text>',
        ]
    )


def _legend(y: int) -> str:
    drawn = []
    for number, (kind, says) in enumerate(SHORT.items()):
        x = number * 205
        drawn.append(f'<rect class="{kind}" x="{x}" y="{y - 10}" width="11" height="11" rx="3"/>')
        drawn.append(f'<text class="soft" x="{x + 18}" y="{y}">{escape(says)}</text>')
    return "\n".join(drawn)


def _x(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * share
