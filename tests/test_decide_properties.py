"""The decision for any sale: batches change nothing, every answer is true, and the stock adds up."""

from hypothesis import given
from hypothesis import strategies as st

from sellout.decide import decide
from sellout.domain import ANONYMOUS, Bought, Buy, Item, Outcome, Reason, Refunded, Refused
from tests.sales import SIZES, Moment, cut, items, sales
from tests.shelves import Shelves


@given(sales(), items("a"), SIZES)
def test_cutting_a_sale_into_batches_changes_no_outcome(sale: list[Moment], item: Item, sizes: list[int]) -> None:
    one_by_one, in_batches = Shelves(item), Shelves(item)
    for now, commands in sale:
        expected = [outcome for command in commands for outcome in one_by_one.transact([command], now)]
        found = [outcome for batch in cut(commands, sizes) for outcome in in_batches.transact(batch, now)]
        assert found == expected
    assert in_batches.items == one_by_one.items
    assert in_batches.purchases == one_by_one.purchases


@given(sales(), items("a"), st.integers(0, 2))
def test_every_answer_is_true_and_the_stock_adds_up(sale: list[Moment], item: Item, held: int) -> None:
    shop = Shelves(item._replace(held=min(held, item.capacity)))
    for now, commands in sale:
        for command in commands:
            against = reasons_against(shop, command, now) if isinstance(command, Buy) else None
            (outcome,) = shop.transact([command], now)
            if against is not None:
                check_answer(outcome, against)
            if isinstance(outcome, Refunded):
                assert outcome.purchase.refunded_at == now
            check_books(shop)


@given(sales(), items("a"))
def test_what_changes_nothing_writes_nothing(sale: list[Moment], item: Item) -> None:
    shop = Shelves(item)
    for now, commands in sale:
        for command in commands:
            (outcome,), writes = shop.decide([command], now)
            changed = not isinstance(outcome, Refused) and not (isinstance(outcome, Bought) and outcome.replayed)
            assert bool(writes) is changed
            shop.transact([command], now)


@given(sales(), items("a"))
def test_a_decision_changes_nothing_that_was_loaded(sale: list[Moment], item: Item) -> None:
    shop = Shelves(item)
    for now, commands in sale:
        loaded = shop.load(commands)
        before = [dict(part) for part in loaded]
        decide(loaded, commands, now)
        assert [dict(part) for part in loaded] == before
        shop.transact(commands, now)


def reasons_against(shop: Shelves, command: Buy, now: int) -> set[Reason]:
    """Every reason that speaks against a purchase, as the interface has them. Where there is none it is granted."""
    item = shop.items.get(command.item_id)
    if item is None:
        return {Reason.UNKNOWN_ITEM}
    first = shop.first_of(command.item_id, command.buyer, command.key)
    if first is not None:
        return set() if first.quantity == command.quantity else {Reason.KEY_REUSED}
    limit = item.limit_per_buyer
    has = shop.units_of(item.id, command.buyer)
    nameless = limit is not None and command.buyer == ANONYMOUS
    true = {
        Reason.INVALID_REQUEST: nameless or command.quantity > item.max_per_order,
        Reason.CLOSED: item.closes_at is not None and item.closes_at <= now,
        Reason.NOT_OPEN: item.opens_at is not None and now < item.opens_at,
        Reason.PAUSED: item.paused,
        Reason.SOLD_OUT: item.sold == item.capacity,
        Reason.ALL_HELD: item.available == 0 and item.held > 0,
        Reason.NOT_ENOUGH_LEFT: 0 < item.available < command.quantity,
        Reason.LIMIT_REACHED: limit is not None and has + command.quantity > limit,
    }
    return {reason for reason, is_true in true.items() if is_true}


def check_answer(outcome: Outcome, against: set[Reason]) -> None:
    if isinstance(outcome, Refused):
        assert outcome.reason in against, "a refusal is true"
    else:
        assert isinstance(outcome, Bought)
        assert not against, "what is granted had nothing against it"


def check_books(shop: Shelves) -> None:
    for item in shop.items.values():
        assert item.sold == sum(purchase.quantity for purchase in shop.kept(item.id))
        assert 0 <= item.sold + item.held <= item.capacity, "never oversold"
    scopes = [(p.item_id, p.buyer, p.key) for p in shop.purchases.values() if p.key is not None]
    assert len(scopes) == len(set(scopes)), "one purchase per key"
