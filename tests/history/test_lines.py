"""A history as lines: written and read again it is the same, and what is no history is named."""

import json
from dataclasses import replace

import pytest

from sellout.history.check import check
from sellout.history.history import Fault
from sellout.history.lines import FORMAT, NotAHistory, read, written
from tests.history.plants import day
from tests.history.sale import Weather, played


class TestAHistory:
    @pytest.mark.parametrize(
        "weather",
        [Weather(1), Weather(2, lost=0.2, crashes=2), Weather(3, repeated=0.2), Weather(4, jump=5.0), Weather(5, 0)],
    )
    def test_is_the_same_when_it_was_written_and_read(self, weather: Weather) -> None:
        history = played(weather)
        assert read(written(history)) == history

    def test_may_have_no_webhooks_or_none_that_arrived(self) -> None:
        for deliveries in (None, ()):
            history = replace(day(), deliveries=deliveries, faults=(Fault("kill", 1.0, 2.0, "the server was killed"),))
            assert read(written(history)) == history

    def test_has_a_line_for_each_thing_and_one_more(self) -> None:
        kept, lines = day().kept, list(written(day()))
        things = sum(len(rows) for rows in (kept.items, kept.purchases, kept.holds, kept.entries, kept.keys))
        things += len(kept.late_payments) + len(kept.movements) + len(day().items) + len(day().requests)
        assert len(lines) == 1 + things + len(day().observations) + len(day().deliveries or ())
        assert all("\n" not in line for line in lines)
        assert json.loads(lines[0])["format"] == FORMAT

    def test_is_checked_again_with_the_same_verdict(self) -> None:
        lines = [line for line in written(day()) if '"movement"' not in line]
        assert "counters_match_ledger" in [ruling.name for ruling in check(read(lines)).broken]

    def test_may_have_its_lines_in_any_order_and_empty_ones(self) -> None:
        first, *lines = written(day())
        assert read([first, "", *reversed(lines)]).requests == day().requests[::-1]


class TestWhatIsNoHistory:
    HEAD = next(iter(written(day())))

    @pytest.mark.parametrize(
        ("lines", "why"),
        [
            ([], "the first line does not say that this is a history"),
            (["{}"], f"must have the format {FORMAT}"),
            (["no json"], "the first line does not say"),
            (['{"format": "sellout-history-1", "drained": true}'], "line 1: clock_jumped must be true or false"),
            ([HEAD, "no json"], "line 2 is not one thing of a history"),
            ([HEAD, "{}"], "line 2 is not one thing of a history"),
            ([HEAD, '{"sale": {}}'], "line 2 is a sale, which no history has"),
            ([HEAD, '{"kept_item": {"item": "a"}}'], "line 2 is not one thing of a history"),
            ([HEAD, '{"kept_item": {"item": "a", "capacity": "many", "sold": 1, "held": 0}}'], "line 2 is not one"),
        ],
    )
    def test_is_refused_in_one_sentence(self, lines: list[str], why: str) -> None:
        with pytest.raises(NotAHistory) as refused:
            read(lines)
        assert why in str(refused.value)
        assert "\n" not in str(refused.value)
