"""All that a comparison has to say, and the sentences that both of its pages share. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.peers.play import Plan
from benchmarks.peers.table import Row

YARDSTICK = {
    "oversold": "units on record, or promised to buyers, beyond the stock",
    "undersold": "units that belong to nobody at the end, though buyers were told that there are none",
    "lost": "a buyer was told that the unit is theirs, and it is not on record",
    "doubled": "a second unit on record for a buyer who wanted one",
    "untold": "on record for a buyer who was told in the end that there are none",
}

_METHOD = """\
Every design gets the same rush: each buyer has a connection of their own, all ask at one instant for one unit, and who
gets no answer, or an error of the server, asks again after a quarter of a second and then ever more slowly, as a person
would. Where a design knows idempotency keys, the same key goes along.

In the killed runs the program gets SIGKILL at the moment when a random number of buyers, between a tenth and nine
tenths of the stock, have been told yes, and is started again at once on what it had kept. A kill that left nobody
without an answer is played again. PostgreSQL goes on all the while; Redis, which tutorials run with its default
settings, is killed together with the program in runs of their own.

When the last buyer has gone home and nothing is written any more, what buyers were told is held against what the
design’s own database has on record. The seed’s table has no buyer, so what is on record there beyond what buyers were
told is a second unit, or one that nobody knows of."""

_LIMITS = """\
All designs but Sellout and the seed’s are written for this, as tutorials have them, each as one program on one machine.
Where a choice had to be made it is the kinder one: the stock in Redis, for example, is not put back at a start.

What is not seen in a few runs can still happen: “exact” says that nothing was wrong in these.

The seed decides names, keys, orders and the moments of the kills; what the machine does between them differs from run
to run.

Times are those of this machine, its disk and whatever else it did; in the killed runs they contain the start of the
program and the pauses of those who ask again."""

METHOD, LIMITS = _METHOD.split("\n\n"), _LIMITS.split("\n\n")


TIMES = (
    "“Sold out in” is until the last buyer who got a unit was told so, “down for” from the kill until the program was "
    "ready again."
)


@dataclass(frozen=True)
class Report:
    """What was played, and where."""

    date: str
    command: str
    plan: Plan
    runs: int
    rows: Sequence[Row]
    hardware: Mapping[str, str]
    disk: str
    versions: Mapping[str, str]
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def exact(self) -> list[str]:
        """The designs that were exact in every run."""
        names = list(dict.fromkeys(row.design for row in self.rows))
        return [name for name in names if all(row.exact for row in self.rows if row.design == name)]


def size(plan: Plan) -> str:
    return f"{plan.buyers:,} buyers for {plan.stock:,} units"
