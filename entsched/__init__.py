"""entsched: entanglement-assisted scheduling, simulated, computed exactly and certified.

The rooms of the package, in the order in which they may import each other, are described in
``docs/design.md``. Importing :mod:`entsched` loads none of the heavy libraries.
"""

__version__ = "0.1.0"

#: Part of every task's identity: raised whenever a change of the code changes a result.
MODEL_VERSION = "4"
