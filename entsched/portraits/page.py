"""The page of all portraits, in Markdown: an index, and a section for each strategy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from entsched.markdown import table_line
from entsched.portraits import reference
from entsched.portraits.behaviors import Routing, routings
from entsched.portraits.standing import PAIRS, REMEMBERED_PAIRS, REPLICATIONS, SEED, Standing, standing
from entsched.sim.statistics import Estimate
from entsched.strategies.base import Resource, Scenario, StrategyClass
from entsched.strategies.choice import StrategyChoice

Row = dict[str, Any]

#: Where the figures are, seen from the page.
IMAGES = "images/portraits"

INTRODUCTION = f"""# Portraits of the strategies

Every built-in strategy on the same workload, as `make portraits` generates this page: requests of 0.1 s and 1.9 s,
half of each, 0.5 pairs per second (load 0.5), perfect pairs, no latency, and p = {reference.SPLITTING} where a strategy
uses p. Figures without an interval are exact. The others are simulated, with 95 % intervals from {REPLICATIONS}
replications of {PAIRS:,} pairs ({REMEMBERED_PAIRS:,} for routers with a memory), seed {SEED}, all with the same
customers.

R is the output for T(t) = (1 - exp(-t / 10 s))², summed over both servers. Strategies that look at the reward plan for
T(t) = max(0, t - 1 s) all over the page, except where the set-up time varies.
"""

PANELS = """## How to read the figures

The black line is the strategy; circles with a grey band are simulated, with their 95 % intervals. Coloured lines are
symmetric routing that splits as many pairs as the strategy does at that place: uniform random, the classical optimum,
the quantum optimum with one Bell pair, and full information. Where lines coincide, the coloured one lies on the black
one.

- **Left**: the mean wait W against the load rho, times 1 - rho, which takes out what all strategies share. A line that
  ends early does so where a server gets load 1. The axis is logarithmic where the strategy is far above the others, as
  in the right panel.
- **Middle**: the output R against the set-up time t₀ of the reward T(t) = max(0, t - t₀), a line at t₀ = 0 and the more
  convex the larger t₀ is. It is divided by 2 (1 - rho), the most that is possible, and so the share of idle time in
  which the baseline task is productive. For symmetric routing it depends on p alone, and lies in the shaded range.
- **Right**, with Bell pairs: the wait that is saved, against the visibility of Werner pairs. It is saved beside the
  classical optimum at the same p; by scheduled routers beside `alternating-classical` at the same p, on the same
  customers.
- **Right**, for routers that talk: the wait against the one-way latency. Without latency, those who decide in turn know
  what was decided just before them; with any, they do not.
- **Right**, for all others: the wait against p; a strategy with a p of its own is a point.

The bounds of symmetric routing do not hold for other classes, which may lie below them, and whose R at the same p may
be another one.
"""


@dataclass(frozen=True)
class Entry:
    """What the page says of one strategy: its row in the index and its section."""

    row: str
    section: str


def entry(declared: Row) -> Entry:
    """The index row and the section of a strategy.

    Parameters
    ----------
    declared : what it declares: ``name``, ``class``, ``resource``, ``uses_splitting``, ``summary``, ``source``,
        ``description`` and ``parameters``, from names to ``default``, ``required`` and ``description``

    Raises
    ------
    StrategyError
        If it needs parameters for which its portrait has none, or cannot be compiled.
    """
    name = declared["name"]
    choice = reference.choice(name)
    scenario = reference.scenario(choice)
    where = standing(choice, scenario, reference.INDEX_REWARD)
    row = table_line([f"[{name}](#{name})", declared["class"], declared["resource"], *_figures(where)])
    return Entry(row, _section(declared, choice, scenario))


def page(entries: Sequence[Entry]) -> str:
    """The whole page.

    Examples
    --------
    >>> print(page([Entry("| one |", "## one")]).splitlines()[-1])
    ## one
    """
    index = [*_head("strategy", "class", "resource", "p", "W (s)", "R (per s)"), *(each.row for each in entries)]
    return "\n".join([INTRODUCTION, *index, "", PANELS, "\n".join(each.section for each in entries)])


def shown(estimate: Estimate) -> str:
    """A figure and half its interval, to two digits of it; exact ones to five digits.

    Examples
    --------
    >>> shown(Estimate(1.23456, 1.2, 1.26912)), shown(Estimate(1.4025, 1.4025, 1.4025))
    ('1.235 ± 0.035', '1.4025')
    """
    half = estimate.half_width
    if not half > 0:
        return f"{estimate.mean:#.5g}"
    digits = max(0, 1 - math.floor(math.log10(half)))
    return f"{estimate.mean:.{digits}f} ± {half:.{digits}f}"


def _figures(where: Standing | None) -> list[str]:
    if where is None:
        return ["", "unstable", ""]
    return [f"{where.splitting:.3f}", shown(where.wait_s), shown(where.baseline_rate)]


def _section(declared: Row, choice: StrategyChoice, scenario: Scenario) -> str:
    name = declared["name"]
    lines = [f"## {name}", "", declared["summary"], ""]
    lines += [f"- class: {declared['class']}", f"- resource: {declared['resource']}"]
    lines += [f"- splitting probability: {'as asked for' if declared['uses_splitting'] else 'its own'}"]
    lines += [f"- source: {declared['source'] or 'none given'}", ""]
    lines += [declared["description"].replace("``", "`"), ""]
    lines += _parameters(declared["parameters"], reference.GIVEN.get(name, {}))
    lines += _tables(routings(choice, scenario), declared)
    lines += [f"![Portrait of {name}]({IMAGES}/{name}.png)", ""]
    return "\n".join(lines)


def _parameters(parameters: dict[str, Row], given: Row) -> list[str]:
    if not parameters:
        return ["It has no parameters.", ""]
    lines = _head("parameter", "default", *(["here"] if given else []), "meaning")
    for name, each in parameters.items():
        default = "required" if each["required"] else "none" if each["default"] is None else str(each["default"])
        here = [_value(given[name]) if name in given else default] if given else []
        lines.append(table_line([f"`{name}`", default, *here, each["description"]]))
    return [*lines, ""]


def _value(value: Any) -> str:
    return ", ".join(f"{each:g}" for each in value) if isinstance(value, tuple) else f"{value:g}"


def _tables(found: Sequence[Routing], declared: Row) -> list[str]:
    requirements = [f"{s:g} s" for s in reference.workload().type_means_s]
    lines: list[str] = []
    for routing in found:
        digits = 2 if routing.pairs else 4
        lines += [_heading(routing, declared), "", *_head("x", "y", "0, 0", "0, 1", "1, 0", "1, 1", "split")]
        for x, of_a in enumerate(requirements):
            for y, of_b in enumerate(requirements):
                p = routing.p[:, :, x, y]
                figures = [p[0, 0], p[0, 1], p[1, 0], p[1, 1], p[0, 1] + p[1, 0]]
                lines.append(table_line([of_a, of_b, *(f"{value:.{digits}f}" for value in figures)]))
        lines.append("")
    return lines


def _heading(routing: Routing, declared: Row) -> str:
    """What a table is, and why it is measured if it is."""
    if routing.pairs:
        looks_at = {
            StrategyClass.ADAPTIVE: "its own history",
            StrategyClass.COMMUNICATING: "reports of the queues",
        }.get(declared["class"], "more than its request")
        return (
            f"There is no table P(a, b | x, y): each router decides by {looks_at} too. In a simulation of "
            f"{routing.pairs:,} pairs (seed {SEED}) these were the frequencies of servers (a, b), by requests (x, y):"
        )
    when = f", {routing.when}" if routing.when else ""
    signals = declared["class"] == StrategyClass.COMMUNICATING and declared["resource"] == Resource.LOCAL
    told = " (each server may depend on both)" if signals else ""
    return f"P(a, b | x, y), servers (a, b) by requests (x, y){told}{when}:"


def _head(*names: str) -> list[str]:
    return [table_line(names), table_line(["---"] * len(names))]
