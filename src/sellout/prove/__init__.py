"""The proof: a crowd of buyers over real HTTP, and a verdict on what they and the server said.

This room is only a customer. It speaks HTTP, and imports nothing of the store, the HTTP application,
the committer or the decision, so that it cannot share their mistakes.

    rehearsal.py  one run from start to end     evidence.py  what a run saw, as one value
    plan.py       what to prove, on what        readings.py  what the server says of itself, as values
    scenarios/    what buyers do, and the       verdict.py   the judgement, pure
                  rules that judge it           figures.py   counts and latencies, pure
    server.py     a server of the run's own     report.py    for terminals and programs
    own_key.py    its key, beside a shop's      page.py      one HTML page, of charts.py, parts.py
    shop.py       readings of the server        words.py     numbers and statuses in words, pure
    crowd.py      the customers, all at once    progress.py  how far a run has come
    customer.py   one of them                   wire.py      their requests, pure

What was asked and answered, and units over time, are words of `sellout.history`.
"""


class CouldNotRun(Exception):
    """There is no verdict, for the reason that the message gives in one line."""
