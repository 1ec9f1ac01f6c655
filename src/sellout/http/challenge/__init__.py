"""Challenges: what a client has to do before it may take anything, where a setting asks for it.

    gate.py            which requests need one, and which challenge the settings name; your own may be named, too
    proof_of_work.py   the one that is built in

A challenge is any object with the three methods of `gate.Challenge`.
"""
