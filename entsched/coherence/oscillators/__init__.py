"""Phases that pull at each other, all to all: the Kuramoto model, its theory, its exponents and its sizes."""
