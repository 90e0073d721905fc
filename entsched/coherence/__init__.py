"""Distributed coherence: predictions that large classical networks behave quantum-mechanically, as experiments."""
