"""The pages in a real browser, on real servers: `make test-pages`.

browser.py   the system's chromium, and visitors whose pages must not complain
shop.py      a shop whose scene is set over HTTP, and whose sales are counted in its database
scenes.py    every page in every state
pictures.py  the pages as pictures, for the documentation
"""
