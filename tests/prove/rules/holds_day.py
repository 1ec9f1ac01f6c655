"""A day of holds at an honest shop, and a random one, for faults to be planted in."""

from dataclasses import replace

from sellout.history.requests import Attempt, Order
from sellout.prove.evidence import Evidence
from tests.prove.asks import buy, confirm, hold, pay, release
from tests.prove.till import Till


def a_day(till: Till) -> Till:
    """Five units: paid, confirmed, released, let expire, paid late in vain, and bought at the last call."""
    ann = till.ask(hold("ann", 2, doubled=True))
    bob, cid, dee = till.ask(hold("bob")), till.ask(hold("cid")), till.ask(hold("dee"))
    till.ask(hold("eve"))
    till.ask(pay(ann, "ann", doubled=True))
    till.ask(confirm(ann, "ann", doubled=True))
    till.ask(release(bob, "bob", doubled=True))
    eve = till.ask(hold("eve"))
    till.ask(confirm(eve, "eve"))
    till.wait(till.pace.hold + 1)
    till.ask(confirm(dee, "dee"))
    fay = till.ask(hold("fay"))
    till.ask(confirm(cid, "cid"))
    till.ask(confirm(fay, "fay"))
    till.ask(hold("gus"))
    till.wait(till.pace.hold + 1)
    return till


def evidence(till: Till | None = None, stock: int = 5) -> Evidence:
    till = a_day(till or Till({"item": stock}))
    return till.evidence(calm_from=till.now)


def random_day(till: Till, steps: list[tuple[int, int]]) -> Evidence:
    """Six buyers: each step is one of them who takes, buys, pays, confirms, releases, or lets time pass."""
    taken: dict[int, Attempt] = {}
    for number, (step, who) in enumerate(steps):
        buyer = f"buyer-{who}"
        if step == 0:
            answer = till.ask(replace(hold(buyer, 1 + who % 3, doubled=who == 1), key=f"{buyer}-{number}"))
            taken = {**taken, who: answer} if answer.granted else taken
        elif step == 1:
            till.ask(replace(buy(buyer, 1 + who % 2), key=f"{buyer}-{number}"))
        elif step == 2:
            till.wait(till.pace.hold / 2)
        elif who in taken:
            till.ask(_next(step, taken[who], buyer, number))
            taken = {name: answer for name, answer in taken.items() if name != who or step == 3}
    till.wait(till.pace.hold + till.pace.payment)
    return till.evidence(calm_from=till.now)


def _next(step: int, taken: Attempt, buyer: str, number: int) -> Order:
    if step == 3:
        return pay(taken, buyer)
    return release(taken, buyer) if step == 4 else confirm(taken, buyer, ref=f"{buyer}-{number}")
