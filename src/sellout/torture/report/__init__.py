"""The page about tortured rounds: one HTML file that loads nothing and runs nothing.

page.py       the page: the verdict, the figures, what was checked
rounds.py     every round in a line, and some in full
timeline.py   a round as a picture: the server, the faults, the requests, the units
layout.py     where things go in it; pure
chosen.py     which rounds are shown in full; pure
figures.py    sums over all rounds; pure
report.html   the frame, and report.css what it adds to the proof's style
"""
