"""Every round in a line, in groups that open, and some rounds in full. Pure: rounds in, HTML out."""

from collections.abc import Iterable, Iterator, Sequence

from sellout.prove.parts import pairs, reason, text
from sellout.prove.words import counted
from sellout.torture.report.figures import resolved_in_words
from sellout.torture.report.timeline import timeline
from sellout.torture.results import FaultSeen, RoundResult

ROUNDS_IN_GROUP = 50  # that open together
LINES_BYTES_MAX = 500_000  # of all rounds in a line each
DETAILS_BYTES_MAX = 800_000  # of the rounds that are shown in full


def within(pieces: Iterable[str], bytes_max: int) -> Iterator[str]:
    """As many pieces, from the first on, as go into so many bytes."""
    room = bytes_max
    for piece in pieces:
        room -= len(piece.encode())
        if room < 0:
            return
        yield piece


def lines(rounds: Sequence[RoundResult]) -> str:
    """All rounds in their order, as many as there is room for."""
    shown = list(within((_line(each) for each in rounds), LINES_BYTES_MAX))
    starts = range(0, len(shown), ROUNDS_IN_GROUP)
    groups = [
        _group(rounds[start : start + ROUNDS_IN_GROUP], shown[start : start + ROUNDS_IN_GROUP]) for start in starts
    ]
    left_out = len(rounds) - len(shown)
    more = (
        f'<p class="more">{counted(left_out, "further round")} would make this page too large.</p>' if left_out else ""
    )
    return "\n".join([*groups, more])


def _group(rounds: Sequence[RoundResult], shown: Sequence[str]) -> str:
    listed = rounds[: len(shown)]
    broken = sum(not each.exact for each in listed)
    state = (
        f'<span class="pill bad">{broken:,} not exact</span>' if broken else '<span class="pill good">all exact</span>'
    )
    opened = " open" if broken or listed[0].number == 1 else ""
    span = f"{listed[0].number:,} to {listed[-1].number:,}" if len(listed) > 1 else f"{listed[0].number:,}"
    head = "<tr><th>Round</th><th>Faults</th><th>Requests</th><th>Sold</th><th>Result</th></tr>"
    return (
        f'<details class="group"{opened}><summary>{"Rounds" if len(listed) > 1 else "Round"} {span} {state}</summary>'
        f'<table class="rounds"><thead>{head}</thead><tbody>\n{"".join(shown)}</tbody></table></details>'
    )


def _line(each: RoundResult) -> str:
    kind, word = ("good", "Exact") if each.exact else ("bad", "Not exact")
    unknown = f"<small>{each.unknown:,} unknown</small>" if each.unknown else ""
    return (
        f'<tr><th scope="row">{each.number:,}<small>seed {each.seed}</small></th>'
        f"<td>{_faults(each.faults)}<code>{text(each.repeat)}</code></td>"
        f'<td>{len(each.requests):,}<span class="unit"> requests</span>{unknown}</td>'
        f'<td>{each.sold:,}<span class="unit"> sold</span><small>of {each.capacity:,}</small></td>'
        f'<td><span class="pill {kind}">{word}</span></td></tr>\n'
    )


def _faults(faults: Iterable[FaultSeen]) -> str:
    """What happened, and in another style what was planned and did not."""
    words = [text(fault.words) if fault.fired else f"<s>{text(fault.words)}</s>" for fault in faults]
    return ", ".join(words) or "none"


def details(rounds: Iterable[RoundResult], *, opened: int, bytes_max: int = DETAILS_BYTES_MAX) -> tuple[str, ...]:
    """Rounds in full, as many as there is room for; the first `opened` ones are open."""
    return tuple(within((_detail(each, opened=n < opened) for n, each in enumerate(rounds)), bytes_max))


def _detail(each: RoundResult, *, opened: bool) -> str:
    kind, word = ("good", "Exact") if each.exact else ("bad", "Not exact")
    reasons = f'<ul class="reasons">{"".join(map(reason, each.verdict.broken))}</ul>' if not each.exact else ""
    return (
        f'<details class="round card"{" open" if opened else ""}>'
        f'<summary><span class="name">Round {each.number:,}</span> <span class="pill {kind}">{word}</span>'
        f'<span class="what">{_faults(each.faults)}</span></summary>'
        f'<p class="plan">{text(each.plan)}</p>'
        f"{reasons}{timeline(each, f'round-{each.number}')}{_moments(each)}"
        f'<dl class="facts">{pairs(*_facts(each))}</dl><code class="repeat">{text(each.repeat)}</code></details>'
    )


def _moments(each: RoundResult) -> str:
    """The faults once more, as text."""
    rows = (f"<li>{text(_moment(fault))}</li>" for fault in each.faults)
    return f'<ul class="moments">{"".join(rows)}</ul>'


def _moment(fault: FaultSeen) -> str:
    if not fault.fired:
        return f"{fault.words}: planned, and did not happen"
    until = f" to {fault.ended_at:.2f} s" if fault.ended_at is not None else ""
    return f"{fault.words}: {fault.started_at:.2f} s{until}"


def _facts(each: RoundResult) -> Iterator[tuple[str, str, str]]:
    yield "Seed", str(each.seed), ""
    yield "Database", each.engine, ""
    yield "Requests", f"{len(each.requests):,}", f"in {counted(each.attempts, 'attempt')}"
    yield "Unknown for a while", f"{each.unknown:,}", resolved_in_words(each.unknown, each.unresolved)
    yield "Sold", f"{each.sold:,} of {each.capacity:,}", ""
    yield "Took", f"{each.seconds:.1f} s", ""
    if each.kept is not None:
        yield "Its history is kept in", each.kept, ""
