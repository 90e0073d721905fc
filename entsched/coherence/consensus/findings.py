"""What faults of replicated logs say of the prediction that their nodes are protected like entangled states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit
from scipy.stats import binomtest

from entsched.coherence.consensus.tables import LEVEL
from entsched.coherence.part import Finding, Tables, Verdict
from entsched.tasks import Row

#: The attack that counting says must succeed from f + 1 liars on.
ATTACK = "equivocating"

#: Runs that stayed safe say something if the share of broken ones is below this.
MOST_BROKEN = 0.5

#: A surplus of service that counts as seen if there is one.
VISIBLE_SURPLUS = 0.05


def safety(tables: Tables) -> Finding:
    """Supported if a log stays safe with so many liars that two quorums may meet in liars alone."""
    below = [row for row in tables["liars"] if row["liars"] < row["breaking"]]
    above = [row for row in tables["liars"] if row["liars"] >= row["breaking"] and row["lies"] == ATTACK]
    crashes = tables["faults"]
    unexplained = _violations(crashes) + _violations(below)
    attacked = ", ".join(
        f"{row['broken'] * row['runs']:.0f} of {row['runs']} runs with {row['liars']} liars among {row['nodes']} nodes "
        f"({row['broken']:.2f}, {row['broken_low']:.2f} to {row['broken_high']:.2f})"
        for row in above
    )
    result = (
        f"{_counted(crashes)} under crashes, loss and partitions; {_counted(below)} with fewer than 2q - n liars; "
        f"with 2q - n or more equivocating liars safety was lost in {attacked or 'no run, since none was made'}."
    )
    if unexplained:
        result += (
            f" Safety broke {unexplained} times where counting says that it holds: a fault of the programme or of the "
            "theory, and nothing follows from the rest."
        )
    return Finding(
        section="3, 4",
        prediction="Agreement of many nodes is protected against faults as an entangled state is by a quantum code.",
        test="Commits of all honest nodes are compared at every index, contents included: behind a leader under "
        "crashes, loss or partitions, one kind at a time; with votes under 0 to f + 1 liars among 3f + 1 nodes, and "
        "no other fault. Supported if no run breaks with 2q - n or more equivocating liars, and their "
        f"share is below {MOST_BROKEN:g} by its 95 % interval for each size; not testable without such runs, or if "
        "safety breaks below that number.",
        null_hypothesis="Counting, by theorem: two quorums of q among n nodes share 2q - n, so safety holds with fewer "
        "liars, and with as many an attack breaks it.",
        result=result,
        entangled=entangled(tables),
        verdict=Verdict.NOT_TESTABLE if unexplained else _beyond(above),
    )


def availability(tables: Tables) -> Finding:
    """Supported if more commands are served than independent nodes explain."""
    cells = [row for row in tables["faults"] if row["fault"] == "down" and row["level"] > 0]
    cells = [row for row in cells if row["law_error"] is not None]
    surplus, low, high = _pooled(cells)
    verdict = Verdict.NOT_TESTABLE
    if cells:
        verdict = (
            Verdict.SUPPORTED if low > 0 else Verdict.NOT_SUPPORTED if high < VISIBLE_SURPLUS else Verdict.NOT_TESTABLE
        )
    result = "no kind of crash was run three times"
    if cells:
        last = max(cells, key=lambda row: (row["level"], row["nodes"]))
        result = (
            f"served minus law: {surplus:+.3f} ({low:+.3f} to {high:+.3f}), mean of {len(cells)} cells; with each of "
            f"{last['nodes']} nodes down {last['level']:g} of the time {_words(last, 'served')} were served, a "
            f"majority is up {last['majority_up']:.3f} of the time and at some instant of a second with probability "
            f"{last['majority_within']:.3f} (self-check, counted: {_words(last, 'reachable')})"
        )
    return Finding(
        section="4",
        prediction="Redundancy keeps a network coherent under losses by more than independent copies explain.",
        test="The share of commands committed within a second, under crashes, against the law of majorities of "
        "independent nodes. Supported if the mean surplus over all cells with crashes is above 0 by its 95 % interval; "
        f"not supported if it is below {VISIBLE_SURPLUS:g}; else not testable.",
        null_hypothesis="By construction a commit needs a majority, so that service stays, on average, below the "
        "binomial law of the number of nodes that are up (a birth-death chain within the second), less the time "
        "of elections.",
        result=f"{result}.",
        entangled=entangled(tables),
        verdict=verdict,
    )


def entangled(tables: Tables) -> str:
    """What quantum codes restore, computed in this run, beside as many replicas."""
    found = []
    for code in dict.fromkeys(row["code"] for row in tables["losses"]):
        own = [row for row in tables["losses"] if row["code"] == code]
        shares = ", ".join(f"{row['restored']:.3g}" for row in own)
        same = all(row["restored"] == row["majority"] for row in own)
        found.append(
            f"the {code} code restores its state from any {_most(own, 'restored')} of {own[0]['n']} losses and from "
            f"{shares} of all sets of 0 to {own[0]['n']}; a majority of {own[0]['n']} replicas is left after any "
            f"{_most(own, 'majority')}, {'the same numbers' if same else 'not the same numbers'}"
        )
    return (
        f"{'; '.join(found) or 'not computed'}. The reason is another: lost qubits must carry nothing of the state, "
        "since it cannot be copied, whereas each replica is a copy that can be read alone, and a majority is asked for "
        "only so that two quorums meet"
    )


def _most(rows: Sequence[Row], name: str) -> int:
    """The most losses of which every set is restored."""
    return int(max(row["lost"] for row in rows if row[name] == 1.0))


def _beyond(above: Sequence[Row]) -> Verdict:
    """Of attacks that counting does not exclude: runs of each size, together."""
    own = [[row for row in above if row["nodes"] == nodes] for nodes in dict.fromkeys(row["nodes"] for row in above)]
    if any(_violations(rows) for rows in own):
        return Verdict.NOT_SUPPORTED
    runs = [sum(row["runs"] for row in rows if row["entries"] > 0) for rows in own]
    ends = [binomtest(0, count).proportion_ci(LEVEL, method="exact").high if count else 1.0 for count in runs]
    return Verdict.SUPPORTED if own and max(ends) < MOST_BROKEN else Verdict.NOT_TESTABLE


def _pooled(cells: Sequence[Row]) -> tuple[float, float, float]:
    """The mean surplus of cells and its 95 % interval (Welch's): cells are independent, their errors differ."""
    if not cells:
        return 0.0, 0.0, 0.0
    squares, counts = np.array([[row["law_error"] ** 2, row["runs"]] for row in cells]).T
    freedom = squares.sum() ** 2 / max(np.sum(squares**2 / (counts - 1)), 1e-300)
    mean = float(np.mean([row["surplus"] for row in cells]))
    arm = float(stdtrit(max(freedom, 1.0), (1 + LEVEL) / 2) * np.sqrt(squares.sum())) / len(cells)
    return mean, mean - arm, mean + arm


def _violations(rows: Sequence[Row]) -> int:
    return int(sum(row["violations"] for row in rows))


def _counted(rows: Sequence[Row]) -> str:
    return f"{_violations(rows)} violations in {sum(row['entries'] for row in rows)} entries" if rows else "no run"


def _words(row: Row, name: str) -> str:
    return f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"
