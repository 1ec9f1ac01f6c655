"""The proof: a crowd of buyers over real HTTP, and a verdict on what they and the server said.

This room is only a customer. It speaks HTTP, and imports nothing of the store, the HTTP application,
the committer or the decision, so that it cannot share their mistakes.

    rehearsal.py  one run from start to end     evidence.py  what was said, as values
    plan.py       what to prove, on what        told.py      by purchase and hold, pure; waiting.py by entry
    scenarios/    what buyers do, and the       timeline.py  units over time, pure
                  rules that judge it           verdict.py   the judgement, pure
    server.py     a server of the run's own     figures.py   counts and latencies, pure
    shop.py       counters and purchases        words.py     numbers and statuses in words, pure
    crowd.py      the customers, all at once    report.py    for terminals and programs
    customer.py   one of them; wire.py what     page.py      one HTML page, with charts.py
                  their orders look like        progress.py  how far a run has come
"""


class CouldNotRun(Exception):
    """There is no verdict, for the reason that the message gives in one line."""
