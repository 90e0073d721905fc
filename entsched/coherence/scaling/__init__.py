"""Measures of coherence against the number of nodes: their tasks, tables and verdicts."""
