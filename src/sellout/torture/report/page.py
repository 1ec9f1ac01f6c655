"""A run of tortured rounds as one HTML page that needs nothing else: no script, no other file, no other host.

Pure but for reading its own templates. All text that came from outside goes through `text`.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from string import Template

from sellout import __version__
from sellout.prove.parts import pairs, rule_row, style, text
from sellout.prove.words import counted
from sellout.torture.faults import MEANINGS
from sellout.torture.report import rounds
from sellout.torture.report.chosen import broken_shown, samples
from sellout.torture.report.figures import Totals, resolved_in_words, rulings_of, sentence_of, totals_of, word_of
from sellout.torture.results import Results, RoundResult

PAGE_BYTES_MAX = rounds.LINES_BYTES_MAX + rounds.DETAILS_BYTES_MAX + 100_000


def render_page(results: Results) -> str:
    """The page; it is smaller than PAGE_BYTES_MAX however many rounds there were."""
    results = replace(results, rounds=tuple(sorted(results.rounds, key=lambda each: each.number)))
    totals = totals_of(results.rounds)
    exact = results.exact and bool(results.rounds)
    return Template(_file("report.html")).substitute(
        title=f"{word_of(results)} · torture · Sellout",
        style=style() + _file("report.css"),
        engines=text(", ".join(dict.fromkeys(each.engine for each in results.rounds))),
        verdict=word_of(results),
        summary=text(sentence_of(results)),
        could_not=_could_not(results),
        tiles=_tiles(results, totals),
        faults=_faults(results),
        rules="\n".join(map(rule_row, rulings_of(results.rounds))),
        details=_details(results.rounds),
        rounds=rounds.lines(results.rounds),
        version=text(__version__),
        **{"class": "exact" if exact else "inexact"},
    )


def _file(name: str) -> str:
    return files("sellout.torture.report").joinpath(name).read_text("utf-8")


def _could_not(results: Results) -> str:
    if results.could_not is None:
        return ""
    return f'<p class="could-not">No further round could be played: {text(results.could_not)}</p>'


def _tiles(results: Results, totals: Totals) -> str:
    done = len(results.rounds)
    resolved = resolved_in_words(totals.unknown, totals.unresolved)
    return pairs(
        ("Rounds", f"{done:,}", f"of {results.wanted:,}, in {_minutes(results.seconds)}"),
        ("Requests", f"{totals.requests:,}", f"in {counted(totals.attempts, 'attempt')}"),
        ("Unknown answers", f"{totals.unknown:,}", resolved),
        ("Units sold", f"{totals.sold:,}", f"of {totals.capacity:,}"),
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _faults(results: Results) -> str:
    """A row for each kind that was planned, with how often it happened."""
    fired, missed = results.fired, results.missed
    most = max(fired.values(), default=1)
    kinds = sorted(set(fired) | set(missed), key=lambda kind: (-fired[kind], kind))
    return "\n".join(_kind(kind, fired[kind], missed[kind], most) for kind in kinds)


def _kind(kind: str, fired: int, missed: int, most: int) -> str:
    meanings = {str(fault): meaning for fault, meaning in MEANINGS.items()}
    did_not = f"<small>{missed:,} more planned</small>" if missed else ""
    width = f'width="{100 * fired / most:.1f}%"'
    bar = f'<svg class="share" aria-hidden="true"><rect class="fault-bar" {width} height="100%"/></svg>'
    return (
        f'<tr><th scope="row">{text(kind)}<small>{text(meanings.get(kind, ""))}</small></th>'
        f"<td>{bar}</td><td>{fired:,}{did_not}</td></tr>"
    )


def _details(every: Sequence[RoundResult]) -> str:
    """The rounds that broke a rule, and a few of the others where there is room."""
    broken = broken_shown(every)
    shown = rounds.details((*broken, *samples(every)), opened=max(1, len(broken)))
    more = sum(not each.exact for each in every) - min(len(broken), len(shown))
    note = f'<p class="more">{counted(more, "further round")} broke a rule; see below.</p>' if more else ""
    return "\n".join([*shown, note])
