"""The proof: a crowd of buyers over real HTTP, and a verdict on what they and the server said.

This room is only a customer. It speaks HTTP, and imports nothing of the store, the HTTP application,
the committer or the decision, so that it cannot share their mistakes.

    rehearsal.py  one run from start to end     evidence.py  what was said, as values
    server.py     a server of the run's own     rules.py     the properties, pure
    shop.py       counters and purchases        verdict.py   the judgement, pure
    crowd.py      the buyers, all at once       figures.py   counts and latencies, pure
    shopper.py    one of their requests         report.py    for terminals and programs
    progress.py   how far a run has come        page.py      one HTML page, with charts.py
"""


class CouldNotRun(Exception):
    """There is no verdict, for the reason that the message gives in one line."""
