"""The decision: what each command of a batch gets, and what is written for it.

Pure: no IO, no clock, no randomness. `decide` treats the commands one after the other, each on what the ones
before it left, so that cutting a sequence of commands into other batches changes no outcome. A store loads what
`loading.py` names, calls `decide`, and writes what `Writes` names, all in one transaction.

    loading.py     what a batch touches, and what a store gives of it
    sale.py        the working copy of that while a batch is decided, and the rows written so far
    rules.py       why units are refused                offers.py   free units for those who wait
    buying.py      purchases and refunds                holding.py  holds, their payment and their end
    waiting.py     joining the waiting list, leaving    baskets.py  several items, all or none
    organising.py  items and their changes              deciding.py a batch, command by command
"""

from sellout.decide.deciding import Decision, decide
from sellout.decide.loading import (
    BASKETS,
    Deadline,
    Found,
    Lines,
    Loaded,
    Needs,
    Waiting,
    deadlines_wanted,
    due_max,
    entries_wanted,
    follow,
    limits_matter,
    needs,
    somebody_joins,
    units_to_offer,
)
from sellout.decide.sale import Writes

__all__ = [
    "BASKETS",
    "Deadline",
    "Decision",
    "Found",
    "Lines",
    "Loaded",
    "Needs",
    "Waiting",
    "Writes",
    "deadlines_wanted",
    "decide",
    "due_max",
    "entries_wanted",
    "follow",
    "limits_matter",
    "needs",
    "somebody_joins",
    "units_to_offer",
]
