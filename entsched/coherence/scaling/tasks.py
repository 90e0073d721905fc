"""The tasks of the part on scaling, without oscillators and chains: replicas, Fisher information, Bell pairs."""

from __future__ import annotations

from typing import Literal

from entsched.coherence.consensus.rounds import Rounds
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row

#: Of each end of a CHSH value, so that its interval has 95 %.
SIGNIFICANCE = 0.025


class AgreementTask(CoherenceTask):
    """Two replicas of a log on N nodes: what their last commands tell of each other, and their CHSH value.

    The CHSH form is chosen on the first half of the rounds and tested on the second; silence counts as 0.

    Examples
    --------
    >>> row = AgreementTask(seed=1, nodes=3, rounds=200).evaluate()
    >>> row["information"] <= 1, row["chsh"] < 3
    (True, True)
    """

    kind: Literal["coherence-agreement"] = "coherence-agreement"
    nodes: int
    rounds: int

    @property
    def cost_s(self) -> float:
        """Messages go to all nodes."""
        return 0.3 + 6e-5 * self.rounds * (self.nodes + 2)

    def evaluate(self) -> Row:
        """Mutual information in bits and S, with 95 % intervals, and the p-value of S against local strategies."""
        from entsched.coherence.consensus.observers import ConsensusScenario, observe
        from entsched.coherence.correlations.chsh_forms import chosen_and_tested
        from entsched.coherence.correlations.counts import counted, with_silence_as_zero
        from entsched.coherence.correlations.entropies import entropies

        stream = generator(self.seed, self.kind, self.nodes, self.rounds)
        seen = observe(ConsensusScenario(nodes=self.nodes), self.rounds, stream)
        half = self.rounds // 2
        parts = (_during(seen, slice(half)), _during(seen, slice(half, None)))
        first, rest = (with_silence_as_zero(counted(part, 2, (2, 2))) for part in parts)
        information = entropies((first + rest)[:, :, 0, 0]).mutual_information
        test = chosen_and_tested(first, rest, SIGNIFICANCE)
        return {
            "kind": self.kind,
            "nodes": self.nodes,
            **dict(zip(("information", "information_low", "information_high"), information, strict=True)),
            "chsh": test.value.value or 0.0,
            "chsh_low": test.value.low,
            "chsh_high": test.value.high,
            "chsh_p": float(test.p_value),
        }


def _during(seen: Rounds, part: slice) -> Rounds:
    """Some of the rounds."""
    integers = (seen.x[part], seen.y[part], seen.a[part], seen.b[part])
    asked = (seen.asked_a_s[part], seen.asked_b_s[part])
    return Rounds(*integers, *asked, seen.answered_a_s[part], seen.answered_b_s[part])


class FisherTask(CoherenceTask):
    """Quantum Fisher information of N entangled and of N independent qubits, computed in qutip; the seed plays no part.

    Examples
    --------
    >>> row = FisherTask(seed=1, qubits=3).evaluate()
    >>> round(row["ghz"], 6), round(row["independent"], 6)
    (9.0, 3.0)
    """

    kind: Literal["coherence-fisher"] = "coherence-fisher"
    qubits: int

    @property
    def cost_s(self) -> float:
        """Mostly the import."""
        return 0.5

    def evaluate(self) -> Row:
        """``ghz`` and ``independent``."""
        from entsched.quantum.fisher import fisher_information, ghz, independent

        states = {"ghz": ghz(self.qubits), "independent": independent(self.qubits)}
        found = {name: fisher_information(state) for name, state in states.items()}
        return {"kind": self.kind, "qubits": self.qubits, **found}


class BellPairTask(CoherenceTask):
    """The largest CHSH value of a Bell pair, computed in qutip; the seed plays no part.

    Examples
    --------
    >>> round(BellPairTask(seed=1).evaluate()["chsh"], 6)
    2.828427
    """

    kind: Literal["coherence-bell-pair"] = "coherence-bell-pair"

    @property
    def cost_s(self) -> float:
        """Mostly the import."""
        return 0.5

    def evaluate(self) -> Row:
        """``chsh``."""
        from entsched.quantum.bell import phi_plus
        from entsched.quantum.correlation import chsh_maximum

        return {"kind": self.kind, "chsh": float(chsh_maximum(phi_plus()))}
