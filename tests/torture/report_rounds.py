"""Rounds that nobody has played, for tests of what is shown of them."""

import random
from typing import Any

from sellout.history.verdict import Ruling, Verdict
from sellout.torture.faults import Fault
from sellout.torture.results import Answer, FaultSeen, Level, Life, RequestSeen, Results, RoundResult

HOSTILE = '<script src="https://evil.example/x.js">alert("1")</script> & \' </svg></style>'
HOLDS = Ruling("conserved", "Units are neither made nor lost.", (), 0)
BROKEN = Ruling("kept", "What was acknowledged is kept.", ("buyer-1 was told of a purchase that is gone",), 3)


def answer(at: float, said: str = "201", *, took: float = 0.1, **kind: bool) -> Answer:
    """One attempt that departed at a time."""
    return Answer(at, at + took, said, **(kind or {"granted": True}))


def lost(at: float, *, took: float = 0.1) -> Answer:
    return answer(at, "no answer", took=took, unknown=True)


def asked(*attempts: Answer, buyer: str = "ada", item: str = "alpha") -> RequestSeen:
    return RequestSeen(buyer, "buy", item, 2, attempts or (answer(1.0),))


def played(number: int = 1, **changes: Any) -> RoundResult:
    """A small round that was exact, with some of it otherwise."""
    members: dict[str, Any] = {
        "number": number,
        "seed": 1000 + number,
        "engine": "sqlite",
        "plan": "3 buyers for 2 of alpha; kill",
        "repeat": f"sellout torture --rounds 1 --seed {1000 + number}",
        "faults": (FaultSeen("kill", "kill", 1.5), FaultSeen("pause", "pause 0.5 s", 2.0, 2.5)),
        "requests": (asked(), asked(lost(1.4), answer(2.6, granted=True, replayed=True), buyer="bob")),
        "levels": (Level(1.0, "alpha", 2, 0, 1), Level(2.7, "alpha", 2, 2, 0)),
        "lives": (Life(0.9, 1.5, -9), Life(1.9, 3.0, 0)),
        "verdict": Verdict((HOLDS,)),
        "seconds": 4.0,
        "capacity": 2,
        "sold": 2,
    }
    return RoundResult(**(members | changes))


def broken(number: int = 1, **changes: Any) -> RoundResult:
    """A round that broke a rule."""
    return played(number, **({"verdict": Verdict((HOLDS, BROKEN)), "kept": "torture-sqlite-1.jsonl"} | changes))


def run_of(*rounds: RoundResult, wanted: int | None = None) -> Results:
    return Results(rounds, len(rounds) if wanted is None else wanted, 60.0)


def hostile() -> Results:
    """A round all of whose words come from somebody who means ill."""
    ruling = Ruling(HOSTILE, HOSTILE, (HOSTILE,), 1)
    request = asked(answer(1.0, HOSTILE), lost(1.2), buyer=HOSTILE, item=HOSTILE)
    return run_of(
        broken(
            engine=HOSTILE,
            plan=HOSTILE,
            repeat=HOSTILE,
            kept=HOSTILE,
            faults=(FaultSeen(HOSTILE, HOSTILE, 1.0), FaultSeen(HOSTILE, HOSTILE, 1.0, fired=False)),
            requests=(request,),
            levels=(Level(1.0, HOSTILE, 2, 1, 0),),
            verdict=Verdict((ruling,)),
        )
    )


def large(number: int) -> RoundResult:
    """A round with far more in it than a real one has."""
    chance = random.Random(number)
    kinds = [str(kind) for kind in chance.sample(list(Fault), 5)]
    requests = tuple(
        asked(*(lost(chance.uniform(0, 9)) for _ in range(12)), buyer=f"buyer-{n:05}", item="beta") for n in range(600)
    )
    levels = tuple(Level(n / 100, item, 900, n, 3) for n in range(900) for item in ("alpha", "beta"))
    faults = tuple(FaultSeen(kind, f"{kind} at passing {n}", chance.uniform(0, 5), 6.0) for n, kind in enumerate(kinds))
    return played(number, faults=faults, requests=requests, levels=levels, capacity=1800, sold=1800)
