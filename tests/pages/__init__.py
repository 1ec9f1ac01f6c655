"""The pages in a real browser, on real servers: `make test-pages`.

browser.py   the system's chromium, and visitors whose pages must not complain
shop.py      a shop whose scene is set over HTTP, and whose sales are counted in its database
looking.py   what a visitor sees and presses; organiser.py the same for the desk
scenes.py    every page of the shop in every state; desk_scenes.py every page of the desk
pictures.py  the pages as pictures, for the documentation
"""
