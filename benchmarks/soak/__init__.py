"""Everything at once against one server for a long while, at a bounded rate: does anything grow that must not?

    python -m benchmarks.soak      (or `make soak`) runs for half an hour, writes docs/soak.md and docs/soak/

samples.py  what is seen every few seconds, as values            flat.py     the rules that say what flat is; pure
looking.py  looks: processes, files, the database                visitors.py those who come all the while
scenes.py   the scenarios of `sellout prove`, in turns           hooks.py    a receiver of webhooks
places.py   the server, on either engine                         sitting.py  one soak from start to end
plots.py, page.py, document.py, words.py  what it has come to, for browsers and the documentation; pure
"""
