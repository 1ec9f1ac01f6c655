"""The rules, each a pure function from a history to its counter-examples; `check.py` names them all."""
