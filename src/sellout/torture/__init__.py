"""The torture: real sales under faults, and a verdict on the whole history of each.

This room is a customer and a saboteur. It starts `python -m sellout serve` as anybody would, speaks HTTP, and reads the
database by plain SQL. It imports nothing of the store, the HTTP application, the committer or the decision, so that it
cannot share their mistakes.

    faults.py     the kinds of faults; pure          server.py     the server, over all its lives
    cast.py       who comes; pure                    database.py   a fresh database for each round
    plan.py       a seed becomes a round; pure       programs.py   `sellout audit` and others beside the server
    round.py      one round, from start to verdict   books.py      what the database holds, by plain SQL
    torture.py    round after round                  play.py       buyers, and how they bring a sale to its end
    endings.py    rules on how a round ended; pure   watching.py   somebody who looks all the while
    showing.py    what is shown of a round; pure     receiving.py  a receiver of webhooks
    results.py    that, as values; pure              sabotage.py   faults from outside of the server
    telling.py    for terminals and programs         wire.py       which fault a request meets on the wire
    report/       the page with the timelines        victim/       what is armed inside the server's processes
                                                     proxy/        the network between buyers and server
"""
