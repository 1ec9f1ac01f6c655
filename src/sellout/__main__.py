"""`python -m sellout`: the command line."""

from sellout.cli import main

main()
