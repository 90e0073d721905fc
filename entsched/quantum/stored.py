"""The state of a pair when it is measured: as its source made it, after its time in memory, by two clocks."""

from __future__ import annotations

import math

import qutip

from entsched.entanglement import Entanglement
from entsched.entanglement.pair import PairState
from entsched.quantum.bell import bell_diagonal
from entsched.quantum.channels import dephasing, on_both, on_one, storage


def stored_state(entanglement: Entanglement, age_s: float, pair: PairState | None = None) -> qutip.Qobj:
    """The density matrix of a pair of an age in seconds since its herald, dims [[2, 2], [2, 2]].

    Parameters
    ----------
    pair : what the source delivered; default: what it should

    Examples
    --------
    >>> from entsched.quantum.correlation import correlation_matrix
    >>> dephased = stored_state(Entanglement(memory={"t2_s": 1.0}), age_s=0.5)
    >>> correlation_matrix(dephased).diagonal().round(6).tolist()
    [0.367879, -0.367879, 1.0]
    """
    memory, clocks = entanglement.memory, entanglement.clocks
    state = bell_diagonal((pair or entanglement.pair).weights)
    state = on_both(state, storage(memory.herald_s + age_s, memory.t1_s, memory.t2_s, memory.depolarising_s))
    coherence = clocks.coherence * math.exp(-clocks.dephasing_hz * (memory.herald_s + age_s))
    return state if coherence == 1 else on_one(state, dephasing(coherence), 0)
