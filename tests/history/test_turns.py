"""Who came before whom: against the plain way, which looks at every pair."""

from hypothesis import given
from hypothesis import strategies as st

from sellout.history.told import Window
from sellout.history.turns import Mark, Service, overtaken, passed_by

WINDOWS = st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda pair: Window(pair[0], pair[0] + pair[1]))
MARKS = st.lists(st.builds(Mark, st.text("ab", max_size=2), WINDOWS, st.integers(0, 9)), max_size=12)
SERVICES = st.lists(
    st.builds(
        Service,
        st.text("ab", max_size=2),
        st.integers(1, 3),
        st.integers(0, 9),
        st.none() | st.integers(0, 9),
    ),
    max_size=12,
)


@given(MARKS)
def test_whoever_is_overtaken_is_found_with_the_last_who_was_before(marks: list[Mark[int]]) -> None:
    found = list(overtaken(marks))
    plain = [
        second
        for second in marks
        if any(first.window.latest < second.window.earliest and first.place > second.place for first in marks)
    ]
    assert sorted(map(repr, plain)) == sorted(repr(second) for _, second in found)
    assert all(first.window.latest < second.window.earliest and first.place > second.place for first, second in found)


@given(SERVICES)
def test_whoever_is_passed_by_is_found(services: list[Service[int]]) -> None:
    def passes(later: Service[int], earlier: Service[int]) -> bool:
        was_first = earlier.since < later.since and earlier.quantity <= later.quantity
        return was_first and later.served is not None and (earlier.served is None or earlier.served > later.served)

    found = list(passed_by(services))
    assert all(passes(later, earlier) for earlier, later in found)
    passers = {repr(later) for later in services if any(passes(later, earlier) for earlier in services)}
    assert passers == {repr(later) for _, later in found}
