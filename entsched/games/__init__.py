"""Routing as a non-local game: exact and certified optima over each set of correlations."""
