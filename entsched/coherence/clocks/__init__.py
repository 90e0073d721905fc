"""Clocks that drift and exchange messages, as events, as a compiled loop and as noisy oscillators."""
