"""Oscillators on graphs: links and degrees, their dynamics, the theory of annealed networks."""
