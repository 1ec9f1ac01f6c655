"""Planted faults: each is a small change of the program that the comparison with the model has to notice."""
