"""The same rush against Sellout and against the designs that others would build, and what each made of it.

    python -m benchmarks.peers     (or `make peers`) plays everything, writes docs/peers.md and docs/peers/

judge.py   the yardstick: who oversold, undersold, lost or doubled; pure
rush.py    the buyers, and the one who kills
play.py    one run from start to end
design.py  what a design is, and a shop of it that can be killed and started again
designs.py the designs; postgres_shop.py and redis_shop.py are their programs, redis.py is a Redis as it comes
table.py   from several runs to a row, and its words; pure
report.py, bars.py, page.py, document.py   the words, the bars and the pages; pure
sheet.py   the look that the pages share with those of `sellout prove`
"""
