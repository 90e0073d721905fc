"""Portraits of the built-in strategies: one reference workload, what each does on it, and how that varies."""
