"""A day of refunds and of waiting at an honest shop, and a random one."""

from sellout.history.requests import Attempt
from sellout.prove.evidence import Evidence
from tests.prove.asks import buy, confirm, join, leave, look, pay, refund, release
from tests.prove.till import Till


def a_day(till: Till) -> Till:
    """Four units, sold, and given back one after the other to a queue in which everything happens."""
    pairs = [till.ask(buy(owner, 2)) for owner in ("olga", "otto")]
    till.ask(buy("pat"))
    ann, bob = till.ask(join("ann", 3)), till.ask(join("bob", doubled=True))
    cid, dee = till.ask(join("cid")), till.ask(join("dee"))
    eve, fay = till.ask(join("eve")), till.ask(join("fay"))
    till.ask(leave(eve, "eve"))
    till.ask(refund(pairs[0], doubled=True))
    offers = [till.ask(look(joined, buyer)) for joined, buyer in ((bob, "bob"), (cid, "cid"), (dee, "dee"))]
    till.ask(pay(offers[0], "bob"))
    till.ask(confirm(offers[0], "bob"))
    till.ask(leave(cid, "cid"))
    till.ask(look(dee, "dee"))
    till.wait(till.pace.offer + 1)
    till.ask(look(dee, "dee"))
    taken = till.ask(look(fay, "fay"))
    if taken.said["hold_id"]:
        till.ask(release(taken, "fay"))
    till.ask(refund(pairs[1], key="1"))
    till.ask(refund(pairs[1], key="2"))
    till.ask(look(ann, "ann"))
    till.ask(buy("pip"))
    till.ask(join("gus", 2))
    till.rest()
    return till


def evidence(till: Till | None = None) -> Evidence:
    return a_day(till or Till({"item": 4})).evidence()


def random_day(till: Till, steps: list[tuple[int, int]]) -> Evidence:
    """Six buyers: each step somebody buys, is refunded, joins, looks, answers an offer, or lets time pass."""
    bought, entries = list[Attempt](), dict[str, Attempt]()
    for number, (step, who) in enumerate(steps):
        buyer, quantity = f"buyer-{who}-{number}", 1 + who % 3
        if step in (0, 1):
            answer = till.ask(buy(buyer, quantity))
            bought += [answer] if answer.granted else []
        elif step == 2 and bought:
            till.ask(refund(bought[who % len(bought)], key=str(number), doubled=who == 2))
        elif step in (3, 4):
            entries[buyer] = till.ask(join(buyer, quantity, doubled=who == 1))
        elif step == 5:
            till.wait(till.pace.offer / 2)
        elif entries:
            name = list(entries)[who % len(entries)]
            _answer_offer(till, step, entries.pop(name), name)
    till.rest()
    return till.evidence()


def _answer_offer(till: Till, step: int, joined: Attempt, buyer: str) -> None:
    seen = till.ask(look(joined, buyer))
    if seen.said["state"] == "waiting" or step == 8:
        till.ask(leave(joined, buyer))
    elif seen.said["state"] == "offered":
        till.ask(confirm(seen, buyer) if step == 6 else release(seen, buyer))
