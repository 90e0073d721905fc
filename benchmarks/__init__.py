"""Measured speed, printed as a table: ``make bench``."""
