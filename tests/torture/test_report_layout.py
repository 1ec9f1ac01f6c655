"""Where things go in a timeline: nothing overlaps, nothing is drawn outside."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from sellout.torture.report.layout import TICKS_MAX, Scale, Span, pack

times = st.floats(0, 1000)


@st.composite
def spans(draw: st.DrawFn) -> list[Span[int]]:
    found = draw(st.lists(st.tuples(times, st.floats(0, 20)), max_size=60))
    return [Span(start, start + length, number) for number, (start, length) in enumerate(found)]


@given(spans(), st.integers(1, 20))
def test_what_is_in_a_row_does_not_overlap(given_spans: list[Span[int]], rows_max: int) -> None:
    packed = pack(given_spans, rows_max=rows_max)
    placed = [(row, given_spans[number]) for row, number in packed.placed]
    for (row, one), (other_row, other) in combinations(placed, 2):
        assert row != other_row or one.end <= other.start or other.end <= one.start


@given(spans(), st.integers(1, 20))
def test_all_are_placed_or_counted(given_spans: list[Span[int]], rows_max: int) -> None:
    packed = pack(given_spans, rows_max=rows_max)
    assert len(packed.placed) + packed.left_out == len(given_spans)
    assert packed.rows == len({row for row, _ in packed.placed}) <= rows_max


def test_the_first_ones_come_to_the_top() -> None:
    packed = pack([Span(0, 5, "first"), Span(1, 2, "second"), Span(6, 7, "third")], rows_max=9)
    assert packed.placed == ((0, "first"), (1, "second"), (0, "third"))


@given(times, times, times)
def test_every_time_is_inside_of_the_picture(start: float, seconds: float, at: float) -> None:
    assert 0 <= Scale(start, start + seconds).x(at) <= 100


@given(times, st.floats(0.001, 3000))
def test_a_few_ticks_at_even_distances(start: float, seconds: float) -> None:
    scale = Scale(start, start + seconds)
    ticks = list(scale.ticks())
    assert len(ticks) <= TICKS_MAX + 1
    assert all(scale.start - 1e-9 <= tick <= scale.end for tick in ticks)
    distances = {round(after - before, 6) for before, after in pairwise(ticks)}
    assert len(distances) <= 1


def test_places_are_shares_of_the_time() -> None:
    assert [Scale(2, 4).x(at) for at in (1, 2, 2.5, 4, 9)] == [0, 0, 25, 100, 100]
    assert list(Scale(1.9, 4.1).ticks()) == [2, 2.5, 3, 3.5, 4]
