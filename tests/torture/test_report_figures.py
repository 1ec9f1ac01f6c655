"""Sums over rounds, the run in a sentence, and which rounds are shown in full."""

import dataclasses

import pytest

from sellout.torture.report.chosen import BROKEN_SHOWN_MAX, SAMPLES_MAX, broken_shown, samples
from sellout.torture.report.figures import rulings_of, sentence_of, totals_of, word_of
from sellout.torture.results import FaultSeen, Results, RoundResult
from tests.torture.report_rounds import asked, broken, lost, played, run_of

ALL_IS_WELL = "nothing was lost, nothing was sold twice, and every count is right."


def struck(number: int, *kinds: str) -> RoundResult:
    """A round with faults of these kinds."""
    return played(number, faults=tuple(FaultSeen(kind, kind, 1.0) for kind in kinds))


class TestTheSums:
    def test_are_over_all_rounds(self) -> None:
        totals = totals_of([played(1), played(2, requests=(asked(lost(1.0)),), sold=1)])
        assert dataclasses.astuple(totals) == (3, 4, 2, 1, 4, 3, 4)

    def test_of_a_rule_name_the_rounds(self) -> None:
        holds, kept = rulings_of([played(1), broken(2), broken(17)])
        assert holds.holds
        assert kept.findings_total == 6
        assert kept.findings[0] == "Round 2: buyer-1 was told of a purchase that is gone"
        assert kept.findings[1].startswith("Round 17: ")


@pytest.mark.parametrize(
    ("results", "word", "sentence"),
    [
        (
            run_of(played(1), played(2)),
            "Exact",
            f"In 2 rounds, 4 requests met 4 faults: {ALL_IS_WELL}",
        ),
        (
            run_of(played(1), wanted=500),
            "Exact",
            f"In 1 of 500 rounds, 2 requests met 2 faults: {ALL_IS_WELL}",
        ),
        (
            run_of(played(1), broken(2)),
            "Not exact",
            "1 of 2 rounds broke a rule; each can be played again by its command below.",
        ),
        (run_of(wanted=5), "No rounds", "Not one of 5 rounds was finished, so nothing is shown."),
    ],
)  # fmt: skip
def test_the_run_in_a_sentence(results: Results, word: str, sentence: str) -> None:
    assert (word_of(results), sentence_of(results)) == (word, sentence)


class TestWhatIsShownInFull:
    def test_is_every_kind_of_fault_in_as_few_rounds_as_it_takes(self) -> None:
        rounds = [struck(1, "a"), struck(2, "a", "b"), struck(3, "b"), struck(4, "c"), struck(5, "a", "c")]
        assert [each.number for each in samples(rounds)] == [2, 4]

    def test_is_one_round_also_where_no_fault_happened(self) -> None:
        assert [each.number for each in samples([struck(1), struck(2)])] == [1]

    def test_is_what_broke_a_rule_and_not_a_sample(self) -> None:
        rounds = [broken(1), played(2)]
        assert [each.number for each in broken_shown(rounds)] == [1]
        assert [each.number for each in samples(rounds)] == [2]

    def test_is_bounded(self) -> None:
        assert len(samples([struck(number, f"kind {number}") for number in range(50)])) == SAMPLES_MAX
        assert len(broken_shown([broken(number) for number in range(50)])) == BROKEN_SHOWN_MAX
