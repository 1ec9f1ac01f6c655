"""The organiser's desk: every item live, and what an organiser does with it; server-rendered, behind a session.

session.py   who sits at the desk: a signed cookie, bound to the organiser key that opened it
gate.py      who may come in, which forms are the session's own, and where strangers are led
desk.py      what the desk's routes work with
showing.py   templates into answers, with what every page of the desk has
samples.py   figures of the last seconds: purchases a second, latencies, refusals (pure, but for the taking)
history.py   units sold over time: from the ledger now and then, and from what was seen since
reading.py   an item as the desk shows it
chart.py     points into SVG (pure)
live.py      fragments of pages, told to whoever watches
fields.py    an item's form, read by the rules of the API
words.py     results, refusals and movements as organisers read them (pure)
export.py    purchases as a file for spreadsheets
signing.py, overview.py, items.py, actions.py, purchases.py, ledger.py   the routes; routing.py lists them
"""
