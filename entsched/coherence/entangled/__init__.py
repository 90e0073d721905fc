"""Genuinely entangled systems, computed exactly: what the predictions would look like if they were true."""
