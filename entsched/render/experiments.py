"""What the command line shows of experiments: tables and summaries, through rich."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from entsched.advantages import advantage_ranges, largest_advantage, percent, realised
from entsched.axes import described
from entsched.envelope.advantage import STRICT
from entsched.experiment import Results
from entsched.render.envelope import print_envelope
from entsched.render.static import said_of_rows
from entsched.report import Report
from entsched.store import Failure

Row = dict[str, Any]

#: What a summary says of each weight of the best static routing.
STATIC = ("weight", "verdict", "least_gain", "most_gain")


def summary(results: Results) -> Row:
    """The few numbers a run comes down to, and what failed."""
    failed = [{"task": failure.label, "error": failure.error} for failure in results.failed]
    if results.report is None:
        return {**(results.summary or {}), "failed": failed}
    report = results.report
    largest = largest_advantage(report.bounds)
    best_cell = max(report.gains, key=lambda row: float(row["relative_gain"]), default=None)
    return {
        "name": report.experiment.name,
        "base_wait_s": report.experiment.workload.base_wait_s,
        "load": report.experiment.workload.load,
        "certified_advantage": advantage_ranges(report.bounds),
        "largest_advantage": {
            key: largest[key] for key in ("splitting", "advantage_s", "classical_lower_s", "quantum_upper_s")
        }
        if largest
        else None,
        "realised_advantage": realised(report),
        "strategies": report.fronts,
        "qos": report.qos,
        "largest_gain": best_cell,
        "static": [{key: row[key] for key in STATIC} for row in report.static],
        "envelope": report.envelope.get("envelope", []),
        "notes": report.notes,
        "failed": failed,
    }


def failures(failed: Sequence[Failure], most: int = 20) -> str:
    """The tasks that failed, a line each, up to ``most``."""
    lines = [f"entsched: {len(failed)} tasks failed; what was computed is kept, and a new run tries them again"]
    lines += [f"  {failure.label}: {failure.error}" for failure in failed[:most]]
    if len(failed) > most:
        lines.append(f"  and {len(failed) - most} more, in results.sqlite, table failures")
    return "\n".join(lines)


def results_text(results: Results, short: Row, out: Path) -> str:
    """The summary of a run for people, with the colours of their terminal."""
    console = Console()
    with console.capture() as capture:
        if results.report is not None:
            _print_report(console, results.report, short)
        else:
            axes = ", ".join(short["axes"])
            console.print(f"{short['name']}: {short['experiments']} experiments over {axes}", highlight=False)
            text = _realised_sweep_text if "with_realised_advantage" in short else _largest_text
            console.print(text(short), highlight=False)
            if "static" in short:
                found = ", ".join(f"{name} in {count}" for name, count in short["static"].items())
                console.print(f"Best static routing, over all weights: entanglement {found}", highlight=False)
        console.print(f"Rows, tables and figures: {out}", soft_wrap=True)
    return capture.get()


def _largest_text(short: Row) -> str:
    largest = short["largest_advantage"]
    if largest is None:
        return "No certified quantum advantage in any of them: entanglement does not help here."
    place = described({key: largest[key] for key in short["axes"]})
    return (
        f"Certified quantum advantage, with perfect pairs, in {short['with_certified_advantage']}; largest at {place}, "
        f"p = {largest['splitting']:g}: {percent(largest['relative_advantage'])} of the classical mean wait"
    )


def _realised_sweep_text(short: Row) -> str:
    largest = short["largest_realised_advantage"]
    known = short["experiments"] - short["with_unknown_advantage"]
    among = "" if known == short["experiments"] else f" of the {known} with an exact wait of an entangled strategy"
    if largest is None:
        return f"No certified quantum advantage in any{among or ' of them'} with the pairs of these experiments."
    place = described({key: largest[key] for key in short["axes"]})
    return (
        "Certified quantum advantage, with the pairs of these experiments, in "
        f"{short['with_realised_advantage']}{among}; largest at {place}, p = {largest['realised_splitting']:g}: "
        f"{percent(largest['realised_relative_advantage'])} of the classical mean wait"
    )


def _print_report(console: Console, report: Report, short: Row) -> None:
    if report.strategies:
        console.print(_strategy_table(report))
    if report.fronts:
        console.print(_front_table(report))
    if report.bounds:
        console.print(_advantage_text(short), highlight=False)
        if short["realised_advantage"]:
            console.print(_realised_text(short["realised_advantage"]), highlight=False)
    if report.qos:
        console.print(_qos_table(report))
        if any(row["splitting"] is None for row in report.qos):
            console.print("note: a set without numbers keeps this promise at no p; even p = 1 waits longer")
    if report.static:
        console.print("Best static routing, with and without perfect pairs:", highlight=False)
    for sentence in said_of_rows(report.static):
        console.print(f"  {sentence}", highlight=False, soft_wrap=True)
    if report.envelope:
        print_envelope(report.experiment.name, report.envelope, console)
    for note in report.notes:
        console.print(f"note: {note}", highlight=False)
    if len(report.experiment.workload.types) == 1:
        console.print("note: the routers see one type only, so no strategy can tell requests apart; set service.bins")
    if short["largest_gain"]:
        cell = short["largest_gain"]
        console.print(
            f"Largest certified relative gain {percent(cell['relative_gain'])} at load {cell['load']:g}, "
            f"scv {cell['scv']:g}, p = {cell['splitting']}"
        )


def _strategy_table(report: Report) -> Table:
    table = Table(
        title=f"{report.experiment.name}: mean wait W (s) and baseline rate R, exact and simulated",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in ("strategy", "p", "W", "W simulated", "R", "R simulated"):
        table.add_column(column, justify="left" if column == "strategy" else "right", no_wrap=column != "strategy")
    simulated = [row for row in report.strategies if "sim_mean_wait_s" in row] or report.strategies
    for row in simulated:
        split = row["splitting"] if row["splitting"] is not None else row.get("split_fraction")
        table.add_row(
            row["strategy"],
            _number(split, 4),
            _number(row.get("mean_wait_s"), 5),
            _interval(row, "mean_wait_s"),
            _number(row.get("baseline_rate"), 5),
            _interval(row, "baseline_rate"),
        )
    return table


def _front_table(report: Report) -> Table:
    table = Table(title="Pareto fronts of R against W, exact", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("strategy", "class", "undominated in its class", "hypervolume"):
        table.add_column(column, justify="left" if column in ("strategy", "class") else "right")
    for row in report.fronts:
        share = f"{row['undominated_in_class']} of {row['points']}"
        table.add_row(row["strategy"], row["class"], share, _number(row["hypervolume"], 5))
    return table


def _advantage_text(short: Row) -> str:
    largest = short["largest_advantage"]
    if largest is None:
        return "No certified quantum advantage at any p that was bounded: entanglement does not help here."
    ranges = ", ".join(
        f"{low:g} to {high:g}" if low < high else f"{low:g}" for low, high in short["certified_advantage"]
    )
    return (
        f"Certified quantum advantage, with perfect pairs, at p in {ranges}; largest at p = {largest['splitting']:g}: "
        f"{largest['advantage_s']:.6g} s of mean wait (classical J >= {largest['classical_lower_s']:.6g} s, "
        f"quantum J = {largest['quantum_upper_s']:.6g} s; base wait {short['base_wait_s']:.6g} s)"
    )


def _realised_text(made: Row) -> str:
    if made["relative_advantage"] <= STRICT:
        return "With the pairs of this experiment no entangled strategy beats the certified classical bound."
    return (
        f"With the pairs of this experiment {made['strategy']} waits {percent(made['relative_advantage'])} less, at "
        f"p = {made['splitting']:g}, than any classical routing of its class"
    )


def _qos_table(report: Report) -> Table:
    table = Table(title=f"largest baseline throughput with mean wait <= {report.qos[0]['max_wait_s']:g} s")
    for column in ("set", "p", "R", "W (s)"):
        table.add_column(column, justify="left" if column == "set" else "right")
    for row in report.qos:
        table.add_row(row["set"], *(_number(row[key], 5) for key in ("splitting", "baseline_rate", "mean_wait_s")))
    return table


def bound_point(row: Row) -> Row:
    """One point of ``entsched bound`` in its documented JSON form."""
    point = {
        "p": row["splitting"],
        "random": row["random_s"],
        **{
            name: {
                "lower": row[f"{name}_lower_s"],
                "upper": row[f"{name}_upper_s"],
                "gap": row[f"{name}_upper_s"] - row[f"{name}_lower_s"],
                "status": row[f"{name}_status"],
            }
            for name in ("classical", "quantum")
        },
        "full_information": row["full_information_s"],
    }
    if "classical_lp_s" in row:
        point["cross_check"] = {"classical_lp": row["classical_lp_s"], "quantum_sdp": row["quantum_sdp_s"]}
    return point


def print_bounds(document: Row) -> None:
    """The bounds as a table."""
    table = Table(
        title="excess mean wait J (s) of symmetric routing",
        caption=f"mean wait W = J + {document['base_wait_s']:.6g} s",
    )
    for column in ("p", "random", "classical", "quantum", "full information", "status"):
        table.add_column(column, justify="right")
    for point in document["points"]:
        table.add_row(
            f"{point['p']:g}",
            f"{point['random']:.6f}",
            *(_ends(point[name]) for name in ("classical", "quantum")),
            f"{point['full_information']:.6f}",
            point["quantum"]["status"],
        )
    Console().print(table)


def print_continuous(document: Row) -> None:
    """The bounds for a continuous law as a table."""
    table = Table(
        title="excess mean wait J (s) of symmetric routers that see the requirement itself",
        caption=f"mean wait W = J + {document['base_wait_s']:.6g} s",
    )
    for column in ("p", "classical", "quantum"):
        table.add_column(column, justify="right")
    for point in document["points"]:
        ends = ({"lower": point[name]["lower_s"], "upper": point[name]["upper_s"]} for name in ("classical", "quantum"))
        table.add_row(f"{point['p']:g}", *map(_ends, ends))
    Console().print(table)


def _ends(bound: Row) -> str:
    """Both ends of a bound, or one number where they agree to the digits shown."""
    lower, upper = f"{bound['lower']:.6f}", f"{bound['upper']:.6f}"
    return lower if lower == upper else f"{lower} .. {upper}"


def print_simulation(label: str, document: Row) -> None:
    """Simulated estimates beside the exact figures."""
    table = Table(title=f"{label}: {document['replications']} replications, intervals by {document['intervals']}")
    for column in ("figure", "simulated", "95 % interval", "exact"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name, exact in document["exact"].items():
        e = document[name]
        interval = f"{_number(e['low'], 5)} to {_number(e['high'], 5)}"
        table.add_row(name, _number(e["mean"], 5), interval, _number(exact, 5))
    Console().print(table)
    for note in document["notes"]:
        Console().print(f"note: {note}", highlight=False)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _interval(row: Row, name: str) -> str:
    if f"sim_{name}" not in row:
        return "-"
    half = (row[f"sim_{name}_high"] - row[f"sim_{name}_low"]) / 2
    return f"{row[f'sim_{name}']:.4g} ± {half:.1g}"
