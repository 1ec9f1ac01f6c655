"""The torture: real sales under faults, and a verdict on the whole history of each.

This room is a customer and a saboteur. It starts `python -m sellout serve` as anybody would, speaks HTTP, and reads the
database by plain SQL. It imports nothing of the store, the HTTP application, the committer or the decision, so that it
cannot share their mistakes.

    plan.py       a seed becomes a round: who comes, and what breaks when; pure
    round.py      one round from a fresh database to the verdict
    torture.py    round after round, and the summary
    results.py    what a round has seen, as values for whoever shows it
    victim/       what is armed inside the server's processes
    proxy.py      the network between the buyers and the server
    report/       the page with the timeline
"""
