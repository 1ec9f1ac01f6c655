"""The shop's pages: server-rendered HTML that works without JavaScript and is made live by a little of it.

rendering.py   templates into answers, with the headers that every page has
assets.py      style sheet and scripts, under an address that changes with them
forms.py       what a form has sent, checked
attempt.py     the idempotency key of a visitor's attempt, in a cookie
words.py       states and refusals as people read them
items.py, taking.py, purchases.py, holds.py, waitlist.py   the routes
errors.py      errors as pages, for those who ask for pages
"""
