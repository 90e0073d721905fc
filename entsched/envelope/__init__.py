"""The operating envelope: where entanglement beats classical routing of its class, and what it takes to show it."""

from entsched.envelope.advantage import Advantage, advantage

__all__ = ["Advantage", "advantage"]
