"""What scenarios have in common beyond the rush: how they are played, and the rules that all of them must keep.

    visits.py  coming again, closing the books (IO)    keeping.py  what was told against what is kept
    chance.py  seeded choices                          units.py    oversold, undersold: units over time
    fates.py   what became of buyers and holds         answers.py  whether every answer was true
                                                       ledger.py   counters and ledger
                                                       endings.py  how holds end

All but visits.py are pure. The rules rest on `told.py`, `waiting.py` and `timeline.py`.
"""
