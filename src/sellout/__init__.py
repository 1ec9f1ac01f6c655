"""Sellout sells a limited stock over HTTP to everybody who comes at once, and sells exactly that stock."""

__version__ = "0.1.0"
