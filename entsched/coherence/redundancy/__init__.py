"""Redundancy: erasure codes and quorums beside the smallest quantum codes."""
