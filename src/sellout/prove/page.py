"""A run as one HTML page that needs nothing else: no script, no other file, no other host.

Pure but for reading its own template, report.html. All text that came from outside goes through `text`.
"""

from collections.abc import Sequence
from importlib.resources import files
from string import Template

from sellout import __version__
from sellout.prove import charts
from sellout.prove.figures import Figures, Latency
from sellout.prove.parts import pairs, reason, rule_row, style, text
from sellout.prove.rehearsal import Result
from sellout.prove.report import scenario_in_words, summary
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.words import NO_ANSWER, counted, listed, meaning_of, millis

KINDS = {"429": "s-wait", "503": "s-wait", NO_ANSWER: "s-bad"}


def render_page(result: Result) -> str:
    figures = result.figures
    template = Template(files("sellout.prove").joinpath("report.html").read_text("utf-8"))
    return template.substitute(
        title=f"{_word(result)} · {text(result.facts.run_id)} · Sellout",
        style=style(),
        scenario=text(scenario_in_words(result)),
        started=f"{result.facts.started:%-d %B %Y, %H:%M} UTC",
        verdict=_word(result),
        summary=text(summary(result, figures)),
        reasons=_reasons(result),
        tiles=_tiles(result, figures),
        facts=_facts(result),
        rules="\n".join(rule_row(ruling) for ruling in result.verdict.rulings),
        **{"class": "exact" if result.exact else "inexact"},
        **_charts(result, figures),
    )


def _word(result: Result) -> str:
    return "Exact" if result.exact else "Not exact"


def _reasons(result: Result) -> str:
    if result.exact:
        return ""
    return f'<ul class="reasons">{"".join(map(reason, result.verdict.broken))}</ul>'


def _tiles(result: Result, figures: Figures) -> str:
    before, after = result.evidence.before, result.evidence.after
    p99 = millis(figures.latency.p99_ms) if figures.latency else "–"
    p50 = f"half within {millis(figures.latency.p50_ms)}" if figures.latency else "no answers"
    return pairs(
        (
            "Buyers",
            f"{figures.buyers:,}",
            f"{figures.opening:,} requests within {millis(1000 * figures.departure_seconds)}",
        ),
        ("Units sold", f"{figures.units:,}", f"of {before.available:,}, {after.available:,} left"),
        ("99 % answered within", p99, p50),
        ("Answers a second", f"{figures.answers_per_second:,.0f}", f"in {figures.seconds:.2f} s"),
    )


def _charts(result: Result, figures: Figures) -> dict[str, str]:
    latency = figures.latency
    line = charts.step_line(figures.sales, limit=result.evidence.before.available, seconds=figures.seconds)
    return {
        "sales_caption": "As buyers were told; the dashed line is all there were",
        "sales_chart": line + _moments(figures),
        "latency_caption": "From the request’s departure to its answer, as buyers saw it",
        "latency_chart": charts.columns(latency.bins) + _percentiles(latency) if latency else charts.EMPTY,
        "answers_caption": _fates(result, figures),
        "answers": _answers(result, figures),
        "fates": _tallies(result.scenario.tallies(result.evidence)),
    }


def _percentiles(latency: Latency) -> str:
    return _marks({"p50": latency.p50_ms, "p90": latency.p90_ms, "p99": latency.p99_ms, "max": latency.max_ms})


def _moments(figures: Figures) -> str:
    if not figures.sales:
        return _marks({})
    half = next(at for at, sold in figures.sales if 2 * sold >= figures.sales[-1][1])
    moments = {"first": figures.sales[0][0], "half": half, "last": figures.sales[-1][0]}
    return _marks({name: 1000 * seconds for name, seconds in moments.items()})


def _marks(marks: dict[str, float]) -> str:
    return f'<dl class="marks">{pairs(*((name, millis(value), "") for name, value in marks.items()))}</dl>'


def _fates(result: Result, figures: Figures) -> str:
    told, twice = listed(dict(figures.fates)), f"{figures.doubled:,} {result.scenario.twice}"
    return f"{told}; {twice}, {figures.replays:,} answers were replays"


def _answers(result: Result, figures: Figures) -> str:
    rows = "".join(
        f'<tr><th scope="row"><span class="dot {_kind(answer)}"></span>{answer}</th>'
        f"<td>{text(meaning_of(answer, result.scenario.meanings).capitalize())}</td><td>{count:,}</td></tr>"
        for answer, count in figures.answers
    )
    bar = charts.proportions([(answer, count, _kind(answer)) for answer, count in figures.answers])
    return f'{bar}<table class="answers">{rows}</table>'


def _tallies(tallies: Sequence[Tally]) -> str:
    """A card of its own, where the scenario has more to tell than who bought."""
    if not tallies:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{text(tally.word.capitalize())}</th>'
        f"<td>{counted(tally.units, 'unit')}</td><td>{tally.count:,}</td></tr>"
        for tally in tallies
    )
    heading = "<h2>What became of the units</h2>"
    return f'<section class="card">\n{heading}\n<table class="answers">{rows}</table>\n</section>\n'


def _kind(answer: str) -> str:
    of_its_class = {"2": "s-good", "5": "s-bad"}.get(answer[0], "s-rest")
    return KINDS.get(answer, of_its_class)


def _facts(result: Result) -> str:
    facts, evidence = result.facts, result.evidence
    on = "its own" if evidence.own else "also on sale to others"
    known = [
        ("Scenario", result.scenario.name),
        ("Seed", facts.seed),
        ("Run", facts.run_id),
        ("Item", f"{facts.item} ({on})"),
        ("Capacity", f"{evidence.after.capacity:,} units"),
        ("Server", facts.server),
        ("Database", facts.engine),
        ("Worker processes", facts.workers),
        ("Started", f"{facts.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Took", f"{facts.seconds:.1f} s, start to verdict"),
        ("Sellout", __version__),
    ]
    return pairs(*((name, str(value), "") for name, value in known if value is not None))
