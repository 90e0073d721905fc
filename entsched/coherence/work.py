"""How much one part of a study may compute: a configuration that would take days is refused when it is read."""

from __future__ import annotations

from collections.abc import Iterable

from entsched.coherence.part import CoherenceTask

#: Of one core: for a single task, and for all tasks of a part; and how many tasks a part may have.
LONGEST_TASK_S, LONGEST_PART_S, MOST_TASKS = 3600.0, 24 * 3600.0, 50_000


def require_feasible(tasks: Iterable[CoherenceTask], keys: str, times: int = 1) -> None:
    """Refuse tasks that take too long.

    Parameters
    ----------
    tasks : of a part
    keys : of the configuration that decide how long they take
    times : how often each is done

    Raises
    ------
    ValueError
        In one line, if a task takes over an hour of a core, or all of them over a day, or they are too many.

    Examples
    --------
    >>> from entsched.coherence.entangled.tasks import ChainTask
    >>> require_feasible([ChainTask(seed=1, field=1.0, spins=[10**5])], "blocks")
    Traceback (most recent call last):
        ...
    ValueError: blocks: given a task of about 83.3 h on one core, allowed: 1 h
    """
    costs = [task.cost_s for task in tasks]
    count, total_s = times * len(costs), times * sum(costs)
    if max(costs, default=0.0) > LONGEST_TASK_S:
        raise ValueError(f"{keys}: given a task of about {max(costs) / 3600:.3g} h on one core, allowed: 1 h")
    if total_s > LONGEST_PART_S:
        raise ValueError(f"{keys}: given tasks of about {total_s / 3600:.3g} h on one core, allowed: 24 h")
    if count > MOST_TASKS:
        raise ValueError(f"{keys}: given {count} tasks, allowed: {MOST_TASKS}")
