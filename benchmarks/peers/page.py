"""The comparison as one HTML page that needs nothing else. Pure."""

from collections.abc import Iterable

from benchmarks.peers import bars
from benchmarks.peers.designs import DESIGNS
from benchmarks.peers.report import LIMITS, METHOD, TIMES, YARDSTICK, Report, size
from benchmarks.peers.sheet import card, hero, sheet
from benchmarks.peers.table import EXACT, Row, verdict_in_words, word
from sellout.prove.charts import HEIGHT, OPEN, WIDTH
from sellout.prove.parts import pairs, text

STYLE = """
.runs > div { display: grid; grid-template-columns: 14em 1fr 13.5em; gap: 4px 20px; padding: 11px 0;
  align-items: center;
  border-top: 1px solid var(--grid); }
.runs > div:first-child { border-top: 0; }
.runs b { font-weight: 600; } .runs small { display: block; color: var(--soft); font-size: 12.5px; }
.runs .said { text-align: right; font-size: 14px; font-weight: 550; } .runs .good { color: var(--good); }
.runs .said { color: var(--bad); } .runs .said.good { color: var(--good); }
.unitbar { position: relative; height: 22px; } .unitbar svg { width: 100%; height: 100%; display: block; }
.unitbar span { position: absolute; right: 6px; top: 2px; font-size: 12px; font-weight: 600; color: #fff; }
.u-good { fill: var(--good); } .u-wait { fill: var(--wait); } .u-bad { fill: var(--lost); }
.u-over { fill: var(--bad); }
.u-track { fill: var(--grid); } .u-line { stroke: var(--ink); stroke-width: 2; }
:root { --lost: #7a3fd1; }
@media (prefers-color-scheme: dark) { :root { --lost: #b18cff; } .unitbar span { color: #0a0b0e; } }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0 0; padding: 0; list-style: none;
  color: var(--soft); font-size: 13px; }
.legend i { display: inline-block; width: 10px; height: 10px; margin-right: 7px; border-radius: 3px; }
.wide { overflow-x: auto; margin: 10px 0 0; } .wide table { min-width: 560px; font-size: 14px; }
.wide th, .wide td { padding: 9px 14px 9px 0; } .wide td { text-align: right; white-space: nowrap; }
.wide thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; }
.wide thead th + th { text-align: right; }
.wide .off { color: var(--bad); font-weight: 600; } .wide tbody th { font-weight: 600; min-width: 10em; }
.wide small { display: block; color: var(--soft); font-weight: 400; }
.designs { margin: 14px 0 0; } .designs dt { font-weight: 600; } .designs dd { margin: 2px 0 16px; color: var(--soft); }
.designs dd:last-child { margin-bottom: 0; } .designs em { color: var(--ink); font-style: normal; font-weight: 550; }
.prose p, .prose li { color: var(--soft); margin: 10px 0 0; max-width: 68em; }
.prose ul { padding-left: 18px; margin: 0; }
@media (max-width: 720px) {
  .runs > div { grid-template-columns: 1fr; gap: 6px; } .runs .said { text-align: left; }
}
"""
KILLED = "killed: {}"
CALM = "nothing is killed"
COLOURS = {bars.GOOD: "--good", bars.SURPLUS: "--wait", bars.LOST: "--lost", bars.OVER: "--bad"}


def render(report: Report) -> str:
    """The page."""
    titles = [DESIGNS[name].title for name in report.exact]
    played = len({row.design for row in report.rows})
    sentence = f"{size(report.plan)}, at one instant, on {played} designs: calm, and killed while they sold. "
    sentence += f"Exact in every run: {_listed(titles)}." if titles else "None was exact in every run."
    body = [
        hero("The same rush", sentence),
        card("Where the units went", _caption(report), _bars(report)),
        card("In numbers", "Units, the least to the most over the runs.", _units(report)),
        card("The yardstick", "The same for all.", _yardstick()),
        card("How long it took", TIMES, _times(report)),
        card("The designs, and how each could be mended", "Short programs, in benchmarks/peers.", _designs(report)),
        card("How it was played", f"{report.date}, {report.command}", _prose(METHOD, LIMITS)),
        card("Where", "The machine and the versions.", f'<dl class="facts">{_facts(report)}</dl>'),
    ]
    top = f"{size(report.plan)} · seed {report.plan.seed} · {report.date}"
    return sheet(
        title="The same rush · Sellout", top=top, body="\n".join(body), maker="make peers", good=True, more=STYLE
    )


def _caption(report: Report) -> str:
    runs = "one run each" if report.runs == 1 else f"the worst of {report.runs} runs each"
    stock = f"The line is the stock, {report.plan.stock:,}; what a bar lacks to it nobody owns."
    return f"Units on record and units promised, {runs}. {stock}"


def _bars(report: Report) -> str:
    lines = "\n".join(_bar(row, report) for row in report.rows)
    keys = "".join(_key(COLOURS[kind], meaning) for kind, meaning in bars.MEANINGS.items())
    return f'<div class="runs">{lines}</div><ul class="legend">{keys}</ul>'


def _key(colour: str, meaning: str) -> str:
    return f'<li><i style="background: var({colour})"></i>{text(meaning)}</li>'


def _bar(row: Row, report: Report) -> str:
    stock, design = report.plan.stock, DESIGNS[row.design]
    said = verdict_in_words(row, named=design.named)
    x = WIDTH * bars.line(stock)
    shapes = [f'<rect class="u-track" width="{WIDTH}" height="{HEIGHT}"/>']
    for part in bars.parts(row.worst, stock):
        left, width = WIDTH * part.start, WIDTH * (part.end - part.start)
        shape = f'<rect class="u-{part.kind}" x="{left:.1f}" width="{width:.1f}" height="{HEIGHT}">'
        shapes.append(f"{shape}<title>{part.units:,} {text(bars.MEANINGS[part.kind])}</title></rect>")
    shapes.append(f'<line class="u-line" x1="{x:.1f}" x2="{x:.1f}" y2="{HEIGHT}" vector-effect="non-scaling-stroke"/>')
    length = row.worst.recorded + row.worst.lost
    cut = f"<span>{length:,} →</span>" if bars.cut(row.worst, stock) else ""
    kind = " good" if said == EXACT else ""
    return (
        f"<div><div><b>{text(design.title)}</b><small>{text(victim(row))}</small></div>"
        f'<div class="unitbar">{OPEN % text(f"{design.title}: {said}")}{"".join(shapes)}</svg>{cut}</div>'
        f'<div class="said{kind}">{text(said)}</div></div>'
    )


def victim(row: Row) -> str:
    return KILLED.format(row.victim) if row.victim else CALM


def _units(report: Report) -> str:
    head = ("", "told yes", "on record", *YARDSTICK, "exact runs")
    return _table(head, (_units_of(row) for row in report.rows))


def _units_of(row: Row) -> str:
    cells = [_cell(row.units(kind)) for kind in ("acknowledged", "recorded")]
    cells += [_cell(row.units(kind), off=row.units(kind) != "0") for kind in YARDSTICK]
    return _line(row, [*cells, _cell(f"{row.exact_runs} of {len(row.runs)}")])


def _times(report: Report) -> str:
    return _table(("", "sold out in", "all answered in", "down for"), (_times_of(row) for row in report.rows))


def _times_of(row: Row) -> str:
    down = row.seconds("down_seconds") if row.victim else "–"
    return _line(row, [_cell(row.seconds("selling_seconds")), _cell(row.seconds("seconds")), _cell(down)])


def _table(head: Iterable[str], lines: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _cell(value: str, *, off: bool = False) -> str:
    return f"<td{' class=off' if off else ''}>{text(value)}</td>"


def _line(row: Row, cells: Iterable[str]) -> str:
    title = f"{text(DESIGNS[row.design].title)}<small>{text(victim(row))}</small>"
    return f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>'


def _yardstick() -> str:
    meanings = [(word(kind, named=True), meaning) for kind, meaning in YARDSTICK.items()]
    return '<dl class="designs">' + "".join(f"<dt>{text(k)}</dt><dd>{text(m)}</dd>" for k, m in meanings) + "</dl>"


def _designs(report: Report) -> str:
    found = []
    for name in dict.fromkeys(row.design for row in report.rows):
        design = DESIGNS[name]
        mend = f"<br><em>To mend:</em> {_code(design.mending)}"
        found.append(f"<dt>{text(design.title)}</dt><dd>{_code(design.says)}{mend}</dd>")
    return f'<dl class="designs">{"".join(found)}</dl>'


def _code(said: str) -> str:
    """Text in which backticks are for code."""
    pieces = text(said).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def _prose(*groups: Iterable[str]) -> str:
    first, *others = groups
    said = "".join(f"<p>{text(line)}</p>" for line in first)
    said += "".join(f"<ul>{''.join(f'<li>{text(line)}</li>' for line in group)}</ul>" for group in others)
    return f'<div class="prose">{said}</div>'


def _facts(report: Report) -> str:
    known = [*report.hardware.items(), ("databases on", report.disk), *report.versions.items()]
    return pairs(*((name, value, "") for name, value in known))


def _listed(names: list[str]) -> str:
    inside = [name[0].lower() + name[1:] if name.startswith("The ") else name for name in names]
    return inside[0] if len(inside) == 1 else f"{', '.join(inside[:-1])} and {inside[-1]}"
