"""The tasks of the envelope: an advantage at one point, critical values along one direction."""

from __future__ import annotations

from typing import Literal

from entsched.entanglement import Entanglement
from entsched.entanglement.chain import Chain, error_budget
from entsched.entanglement.choice import EntanglementChoice, Hardware
from entsched.entanglement.hardware import Node
from entsched.envelope.advantage import advantage
from entsched.envelope.critical import critical_values, reach
from entsched.envelope.rounds import rounds_chsh, rounds_routing
from entsched.envelope.variation import (
    MemoryTime,
    delivered_by,
    placed,
    with_memory,
    with_rate,
    with_visibility,
)
from entsched.routing import critical_visibility, full_information_optimum
from entsched.tasks import Row, Task
from entsched.validation import Probability
from entsched.workload import Workload

#: The ranges in which critical values are sought: pairs per second, seconds, km (half way round the Earth).
RATES_HZ, TIMES_S, MOST_KM = (1e-9, 1e12), (1e-9, 1e9), 20_000.0


class AdvantageTask(Task):
    """What a supply of pairs is worth at one splitting probability, and how many rounds show it.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> row = AdvantageTask(workload=two, splitting=0.25, entanglement=Entanglement()).evaluate()
    >>> round(row["relative_advantage"], 6), row["rounds_chsh"]
    (0.06217, 162)
    """

    kind: Literal["advantage"] = "advantage"
    workload: Workload
    splitting: Probability
    entanglement: Entanglement
    significance: float = 0.05
    power: float = 0.95

    def evaluate(self) -> Row:
        """Waits and advantage in seconds, shares, CHSH values, and rounds and seconds of a statistical proof.

        ``rounds_routing`` and ``certify_s`` are by the score of routing itself, ``rounds_chsh`` and ``certify_chsh_s``
        by CHSH; None where there is nothing to show.
        """
        found = advantage(self.workload, self.splitting, self.entanglement)
        used_hz = self.workload.arrival_rate_hz * found.bell_pair_share
        by_routing = rounds_routing(self.workload, self.splitting, found, self.significance, self.power)
        by_chsh = rounds_chsh(found, self.significance, self.power)
        return {
            "classical_wait_s": found.base_wait_s + found.classical_lower_s,
            "entangled_wait_s": found.base_wait_s + found.excess_wait_s,
            "full_information_wait_s": found.base_wait_s
            + full_information_optimum(self.workload, self.splitting).upper,
            "classical_lower_s": found.classical_lower_s,
            "excess_wait_s": found.excess_wait_s,
            "advantage_s": found.seconds,
            "relative_advantage": found.relative,
            "strict": found.beats(),
            "bell_pair_share": found.bell_pair_share,
            "fidelity": found.fidelity,
            "chsh": found.chsh,
            "used_chsh": found.used_chsh,
            "rounds_chsh": by_chsh,
            "rounds_routing": by_routing,
            "certify_s": None if by_routing is None else by_routing / used_hz,
            "certify_chsh_s": None if by_chsh is None else by_chsh / used_hz,
        }


class CriticalVisibilityTask(Task):
    """The least visibility of fresh Werner pairs, one for each request, that beats classical routing at one p."""

    kind: Literal["critical_visibility"] = "critical_visibility"
    workload: Workload
    splitting: Probability

    def evaluate(self) -> Row:
        """``critical_visibility``; None if not even perfect pairs help."""
        found = critical_visibility(self.workload, self.splitting)
        return {"critical_visibility": found if found <= 1 else None}


class CriticalTask(Task):
    """The least visibility, pair rate or memory time of a resource that beats classical routing at one p."""

    kind: Literal["critical"] = "critical"
    workload: Workload
    splitting: Probability
    entanglement: Entanglement
    along: Literal["visibility", "pair_rate_hz", "memory_s"]
    memory: MemoryTime = "t2"
    target: float = 0.0

    @property
    def label(self) -> str:
        """What is critical, at which splitting probability."""
        return f"{super().label} along {self.along}"

    def evaluate(self) -> Row:
        """``strict_from`` and ``target_from``, as :func:`entsched.envelope.critical.critical_values`."""
        low, high = {"visibility": (0.0, 1.0), "pair_rate_hz": RATES_HZ, "memory_s": self._times_s}[self.along]
        return dict(
            critical_values(
                lambda value: advantage(self.workload, self.splitting, self.varied(value)),
                low,
                high,
                self.target,
                logarithmic=self.along != "visibility",
            )
        )

    def varied(self, value: float) -> Entanglement:
        """The resource with another value along the direction of the task."""
        if self.along == "visibility":
            return with_visibility(self.entanglement, value)
        if self.along == "pair_rate_hz":
            return with_rate(self.entanglement, value)
        return with_memory(self.entanglement, self.memory, value)

    @property
    def _times_s(self) -> tuple[float, float]:
        relaxation_s = self.entanglement.memory.t1_s
        bounded = self.memory == "t2" and relaxation_s is not None
        return TIMES_S[0], min(TIMES_S[1], 2 * relaxation_s) if bounded and relaxation_s else TIMES_S[1]


class ReachTask(Task):
    """The largest distance over which hardware beats classical routing at one p."""

    kind: Literal["reach"] = "reach"
    workload: Workload
    splitting: Probability
    choice: EntanglementChoice
    node: Node
    segments: int = 1
    target: float = 0.0

    @property
    def label(self) -> str:
        """Node and number of segments."""
        return f"{super().label} of {self.node.name} in {self.segments} segments"

    def evaluate(self) -> Row:
        """``strict_from`` and ``target_from`` in km, as :func:`entsched.envelope.critical.reach`."""
        return dict(
            reach(
                lambda distance_km: advantage(
                    self.workload,
                    self.splitting,
                    delivered_by(placed(self.choice, self.node, distance_km, self.segments), self.choice),
                ),
                MOST_KM,
                self.target,
            )
        )


class BudgetTask(Task):
    """The infidelity of the pairs of a hardware as measurements see it, shared out to what causes it.

    Examples
    --------
    >>> from entsched.entanglement.hardware import node
    >>> from entsched.entanglement.link import Fibre
    >>> hardware = Hardware(node=node("trapped-ion"), link=Fibre(length_km=10.0), chain=Chain(segments=2))
    >>> {name: round(share, 3) for name, share in BudgetTask(hardware=hardware).evaluate().items()}
    {'generation': 0.077, 'storage': 0.077, 'swapping': 0.021, 'measurement': 0.003}
    """

    kind: Literal["error_budget"] = "error_budget"
    hardware: Hardware

    @property
    def label(self) -> str:
        """The node."""
        return f"{super().label} of {self.hardware.node.name}"

    def evaluate(self) -> Row:
        """The shares by name, as :func:`entsched.entanglement.chain.error_budget`."""
        hardware = self.hardware
        return dict(error_budget(hardware.chain or Chain(segments=1), hardware.link, hardware.node))
