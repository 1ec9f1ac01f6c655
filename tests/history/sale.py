"""Sales in memory, seen as customers see them: many at once, over a network that loses, and by a shop that crashes.

Everything is the seed's: who comes, what they do, when requests and answers travel, which get lost, when the shop dies.
Its decisions are right all the same, so the history of such a sale must keep every rule.
"""

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random

from sellout.history.history import Delivery, History, Item, Observation
from sellout.history.requests import Action, Attempt, Line, Order, Request
from sellout.history.timeline import Pace
from tests.history.shop import Answer, Shop, looked_at
from tests.prove.kept import OPEN

PACE = Pace(hold=2, payment=1, offer=1)
TICK = 1024  # times are whole parts of a second, so that the shop's instants are exact
MAX_PER_ORDER = 4
LIMIT = 4

Script = Generator[Order | float, Attempt, None]
"""What a customer does: an order is answered by the answer that they go home with, a number is a pause."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is: shares of requests, and how often the shop dies. `jump` is what its clock does in the middle."""

    seed: int
    buyers: int = 25
    stock: int = 20
    lost: float = 0.0
    repeated: float = 0.0
    crashes: int = 0
    jump: float = 0.0
    keyless: float = 0.0


@dataclass
class Sale:
    weather: Weather
    kind: type[Shop] = Shop
    now: float = 100.0
    requests: list[Request] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    _queue: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _waiting: list[tuple[Order, Callable[[Answer | None], None]]] = field(default_factory=list)
    _in_flight: list[tuple[Order, Callable[[Answer | None], None]]] = field(default_factory=list)
    _count: int = 0
    _lives: int = 0
    _working: bool = False

    def __post_init__(self) -> None:
        self.chance = Random(self.weather.seed)
        stock = {"a": self.weather.stock, "b": self.weather.stock}
        self.shop = self.kind(stock, PACE, self.now, limits={"b": LIMIT})
        self.committed = self.shop.copy()
        self.jumped = 0.0

    # Time.

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (round((self.now + seconds) * TICK) / TICK, self._count, what))

    def soon(self, what: Callable[[], None], most: float = 0.1) -> None:
        self.after(self.chance.random() * most, what)

    def run(self) -> None:
        while self._queue:
            self.now, _, what = heapq.heappop(self._queue)
            what()

    # The network and the shop.

    def ask(self, order: Order, done: Callable[[Attempt], None]) -> None:
        """All copies, and all attempts of each until there is an answer."""
        answers: list[Attempt] = []

        def finished(answer: Attempt) -> None:
            answers.append(answer)
            if len(answers) == order.copies:
                done(next((a for a in answers if a.granted), answers[0]))

        for copy in range(order.copies):
            self._attempt(order, copy, [], finished)

    def _attempt(self, order: Order, copy: int, before: list[Attempt], done: Callable[[Attempt], None]) -> None:
        started, open_still = self.now, [True]

        def ended(answer: Answer | None) -> None:
            if not open_still:
                return
            open_still.clear()
            retry_after = 1.0 if answer is not None and answer.said.get("code") == "all_held" else None
            status, said, replayed = answer or Answer(self.chance.choice([None, 503]), {}, False)  # type: ignore[arg-type]
            attempt = Attempt(started, self.now, status, said, replayed, retry_after)
            attempts = [*before, attempt]
            if attempt.definite:
                self.requests.append(Request(order, copy, tuple(attempts)))
                done(attempt)
            else:
                self.soon(lambda: self._attempt(order, copy, attempts, done))

        def answered(answer: Answer | None) -> None:
            lost = self.chance.random() < self.weather.lost
            self.soon(lambda: ended(None if lost else answer))

        if self.chance.random() < self.weather.lost:
            self.soon(lambda: ended(None))
            if self.chance.random() < 0.5:
                return
        self.soon(lambda: self._arrived(order, answered))
        if self.chance.random() < self.weather.repeated:
            hidden = self.chance.random() < 0.7
            self.soon(lambda: self._arrived(order, (lambda _: None) if hidden else answered), most=1.0)

    def _arrived(self, order: Order, answered: Callable[[Answer | None], None]) -> None:
        self._waiting.append((order, answered))
        if not self._working:
            self._working = True
            self.soon(self._decide, most=0.03)

    def _decide(self) -> None:
        """A batch of what waits: decided now, committed a little later, unless the shop dies meanwhile."""
        size = (len(self._waiting) + 1) // 2
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        answers = self.shop.batch([order for order, _ in batch], self.now + self.jumped)
        life = self._lives

        def commit() -> None:
            if life != self._lives:
                return
            self.committed = self.shop.copy()
            for (_, answered), answer in zip(batch, answers, strict=True):
                answered(answer)
            self._working = bool(self._waiting)
            if self._working:
                self._decide()

        self._in_flight = batch
        self.soon(commit, most=0.05)

    def crash(self) -> None:
        """What was not committed is gone, and so are all who waited; some of what was committed was not answered."""
        self._lives += 1
        lost = [*self._waiting, *(self._in_flight if self._working else [])]
        self._waiting, self._working = [], False
        self.shop = self.committed.copy()
        if self.chance.random() < 0.5 and lost:  # it dies after the commit and before the answers
            self.shop.batch([order for order, _ in lost[-3:]], self.now + self.jumped)
            self.committed = self.shop.copy()
        for _, answered in lost:
            answered(None)

    def look(self, item: str, *, recorded: bool) -> None:
        started = self.now

        def read() -> None:
            capacity, sold, held, available = looked_at(self.committed, item, self.now + self.jumped, recorded=recorded)
            state = "on_sale" if available else "all_held" if held else "sold_out"

            def ended() -> None:
                shown = None if recorded else state
                seen = Observation(item, started, self.now, capacity, sold, held, available, shown, recorded)
                self.observations.append(seen)

            self.soon(ended)

        self.soon(read)

    # Customers.

    def play(self, script: Script) -> None:
        def step(answer: Attempt | None) -> None:
            try:
                wanted = next(script) if answer is None else script.send(answer)
            except StopIteration:
                return
            if isinstance(wanted, Order):
                self.ask(wanted, step)
            else:
                self.after(wanted, lambda: step(None))

        step(None)

    def history(self) -> History:
        """All of it, once nothing is under way any more and buyers came until nothing was left."""
        pace = self.shop.pace
        return History(
            items=tuple(
                Item(item, capacity, self.shop.limits.get(item), MAX_PER_ORDER, pace)
                for item, capacity in self.shop.stock.items()
            ),
            requests=tuple(self.requests),
            observations=tuple(self.observations),
            kept=self.shop.kept(),
            deliveries=tuple(self._delivered()),
            drained=all(shelf.sold == shelf.capacity for shelf in self.shop.shelves.values()),
            clock_jumped=self.weather.jump != 0.0,
            network_repeats=self.weather.repeated > 0.0,
        )

    def _delivered(self) -> list[Delivery]:
        """Each event once in order, and now and then an earlier one again."""
        found: list[Delivery] = []
        for event in self.shop.events:
            found.append(event)
            if self.chance.random() < self.weather.lost:
                found.append(self.chance.choice(found))
        return found


def played(weather: Weather, kind: type[Shop] = Shop) -> History:
    """A whole sale, until everything is sold."""
    sale = Sale(weather, kind)
    for number in range(weather.buyers):
        script = _visit(sale, f"buyer-{number // 2}", f"visit-{number}")
        sale.soon(lambda script=script: sale.play(script), most=1.5)  # type: ignore[misc]
    for _ in range(30):
        item, recorded = sale.chance.choice("ab"), sale.chance.random() < 0.3
        sale.soon(lambda item=item, recorded=recorded: sale.look(item, recorded=recorded), most=6.0)  # type: ignore[misc]
    for _ in range(weather.crashes):
        sale.soon(sale.crash, most=2.0)
    sale.after(1.0, lambda: setattr(sale, "jumped", weather.jump))
    sale.run()
    _drain(sale)
    return sale.history()


def _drain(sale: Sale) -> None:
    """Buyers of one unit come until they are told that all is sold, and wait meanwhile for the end of every hold."""
    sold_out = False
    for number in range(1000):
        if sold_out:
            break
        sold_out = all(shelf.sold == shelf.capacity for shelf in sale.shop.shelves.values())
        for item in sale.shop.shelves:
            name = f"last-{number}-{item}"
            sale.play(iter_of(Order(name, f"{name}-buy", Action.BUY, (Line(item),))))
        sale.run()
        if any(hold.state in OPEN for hold in sale.shop.holds.values()):
            sale.now += PACE.hold + PACE.payment
    sale.look("a", recorded=False)
    sale.run()


def iter_of(order: Order) -> Script:
    yield order


def _visit(sale: Sale, buyer: str, visit: str) -> Script:
    chance = sale.chance

    def order(action: Action, lines: tuple[Line, ...], subject: str | None = None) -> Order:
        unkeyed = (Action.RELEASE, Action.LOOK, Action.LEAVE)
        keyed = action not in unkeyed and not (action is Action.BUY and chance.random() < sale.weather.keyless)
        ref = f"{visit}-payment-{lines[0].item}" if action is Action.CONFIRM else None
        who = "organiser" if action is Action.REFUND else buyer
        key = f"{visit}-{action}-{lines[0].item}" if keyed else None
        return Order(who, key, action, lines, subject, ref, doubled=chance.random() < 0.2)

    line = Line(chance.choice("ab"), chance.randint(1, 3))
    kind = chance.choice(["buy", "buy", "return", "hold", "hold", "hold", "basket", "held_basket", "wait", "wait"])
    if kind in ("buy", "return"):
        bought = yield order(Action.BUY, (line,))
        if bought.granted and kind == "return":
            yield chance.random()
            yield order(Action.REFUND, (line,), bought.said["purchase_id"])
    elif kind == "hold":
        yield from _hold(chance, line, order)
    elif kind == "wait":
        yield from _wait(chance, line, order)
    else:
        lines = (Line("a", chance.randint(1, 3)), Line("b", chance.randint(1, 3)))
        basket = yield order(Action.BUY_BASKET if kind == "basket" else Action.HOLD_BASKET, lines)
        if basket.granted and kind == "held_basket":
            for held in basket.said["holds"]:
                one = (Line(held["item"], held["quantity"]),)
                yield order(chance.choice([Action.CONFIRM, Action.RELEASE]), one, held["hold_id"])


def _hold(chance: Random, line: Line, order: Callable[..., Order]) -> Script:
    taken = yield order(Action.HOLD, (line,))
    if not taken.granted:
        return
    hold_id = taken.said["hold_id"]
    yield chance.choice([0.1, 0.5, 1.9, 3.0])
    if chance.random() < 0.4:
        yield order(Action.PAY, (line,), hold_id)
        yield chance.choice([0.1, 0.9, 1.1])
    ending = chance.choice([Action.CONFIRM, Action.CONFIRM, Action.RELEASE, None])
    if ending is not None:
        yield order(ending, (line,), hold_id)


def _wait(chance: Random, line: Line, order: Callable[..., Order]) -> Script:
    joined = yield order(Action.JOIN, (line,))
    if not joined.granted:
        return
    entry_id = joined.said["entry_id"]
    for _ in range(4):
        yield chance.random()
        seen = yield order(Action.LOOK, (line,), entry_id)
        if seen.said.get("hold_id") is not None:
            if chance.random() < 0.6:
                yield order(Action.CONFIRM, (line,), seen.said["hold_id"])
            return
    if chance.random() < 0.5:
        yield order(Action.LEAVE, (line,), entry_id)
