"""Which rounds are shown in full, where there are too many to show them all. Pure."""

from collections.abc import Sequence

from sellout.torture.results import RoundResult

BROKEN_SHOWN_MAX = 8  # rounds that broke a rule, the first ones
SAMPLES_MAX = 6  # others


def broken_shown(rounds: Sequence[RoundResult]) -> tuple[RoundResult, ...]:
    """The rounds that broke a rule, as many as are shown."""
    return tuple(each for each in rounds if not each.exact)[:BROKEN_SHOWN_MAX]


def samples(rounds: Sequence[RoundResult]) -> tuple[RoundResult, ...]:
    """Few exact rounds with as many kinds of faults as they can have, in their order.

    One after the other, each is the one that adds most kinds; of equals, the one with more unknown answers.
    """
    left, seen, chosen = [each for each in rounds if each.exact], set[str](), list[RoundResult]()
    while left and len(chosen) < SAMPLES_MAX:
        best = max(left, key=lambda each: (len(set(each.fired) - seen), each.unknown, -each.number))
        if chosen and not set(best.fired) - seen:
            break
        chosen.append(best)
        left.remove(best)
        seen |= set(best.fired)
    return tuple(sorted(chosen, key=lambda each: each.number))
