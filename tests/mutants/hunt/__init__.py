"""Planted faults of the whole server, and the torture that has to notice every one of them: `make mutants`.

mutants.py    what a mutant is, and the list of all
deciding.py   faults of the decision          storing.py   of the store
committing.py of the committer                answering.py of HTTP and webhooks
path/         plants one in a server, by the environment
hunt.py       sends the torture against each
"""
