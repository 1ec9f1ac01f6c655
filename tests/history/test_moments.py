"""What a reading may leave out of the units that are held: what may be past its deadline, and nothing else."""

from sellout.history.kept import Movement
from sellout.history.ledger import accounts_of
from sellout.history.rules.moments import _ending
from tests.history.planting import keep
from tests.history.plants import day

LISTED = Movement(1, "a", "restock", 10, 0, 0, 1, None, None)
HELD = Movement(2, "a", "hold", 0, 0, 2, 2, None, "h")
BOUGHT = Movement(3, "a", "buy", 0, 1, 0, 3, "p", None)


def left_out(*movements: Movement) -> list[int]:
    """The most that a reading may leave out in each state, from the one before all on."""
    history = keep(day(), movements=movements)
    return list(_ending(accounts_of(movements)["a"], history))


def test_a_hold_that_is_confirmed_is_left_out_only_while_its_confirmation_may_be_under_way() -> None:
    confirmed = (Movement(4, "a", "confirm", 0, 0, -2, 4, None, "h"), Movement(5, "a", "buy", 0, 2, 0, 4, "q", "h"))
    assert left_out(LISTED, HELD, BOUGHT, *confirmed) == [0, 0, 0, 2, 0]


def test_a_hold_that_expires_may_be_left_out_all_the_while() -> None:
    expired = Movement(4, "a", "expire", 0, 0, -2, 4, None, "h")
    assert left_out(LISTED, HELD, BOUGHT, expired) == [0, 0, 2, 2, 0]
