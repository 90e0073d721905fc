"""Replicated logs: nodes that agree on entries over a network that delays, loses and divides."""
