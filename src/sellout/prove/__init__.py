"""The proof: a crowd of buyers over real HTTP, and a verdict on what they and the server said.

This room is only a customer. It speaks HTTP, and imports nothing of the store, the HTTP application,
the committer or the decision, so that it cannot share their mistakes.

    rehearsal.py  one run from start to end     evidence.py  what was asked and answered, as values
    plan.py       what to prove, on what        readings.py  what the server says of itself, as values
    scenarios/    what buyers do, and the       told.py      the answers by purchase and hold, pure
                  rules that judge it           waiting.py   the answers by entry, pure
    server.py     a server of the run's own     timeline.py  units over time, pure
    shop.py       readings of the server        verdict.py   the judgement, pure
    crowd.py      the customers, all at once    figures.py   counts and latencies, pure
    customer.py   one of them                   report.py    for terminals and programs
    wire.py       their requests, pure          page.py      one HTML page, with charts.py
    progress.py   how far a run has come        words.py     numbers and statuses in words, pure
"""


class CouldNotRun(Exception):
    """There is no verdict, for the reason that the message gives in one line."""
