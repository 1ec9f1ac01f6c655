"""The benchmark behind `make bench`: Sellout, the seed's design and a no-op ceiling, under the same load."""
