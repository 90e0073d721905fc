"""Phases that pull at each other: the Kuramoto model, all to all and on graphs, and clocks that exchange messages."""
