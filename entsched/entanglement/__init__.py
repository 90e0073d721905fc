"""Entanglement as a resource: how pairs are made, kept, read and delivered, as data with formulas."""

from entsched.entanglement.model import Entanglement

__all__ = ["Entanglement"]
