"""The history of a run, and the rules that judge it. Pure: no IO, no clock, no server, no store.

requests.py   what was asked and answered     told.py       the answers by purchase and hold
kept.py       what the database holds         waiting.py    the answers by entry of the waiting list
history.py    all of a run in one value       timeline.py   units over time, at least and at most
lines.py      a history as lines of JSON      ledger.py     the ledger as states of its items
check.py      all rules, by name              turns.py      who came before whom
rules/        the rules                       highest.py    the highest of any stretch of numbers
verdict.py    what rules find
"""
