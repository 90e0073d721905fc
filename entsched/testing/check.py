"""One check of a contract: what it verifies, and how it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from entsched.deadline import DeadlineError, is_termination, patience_s, within
from entsched.errors import EntschedError, StrategyError
from entsched.testing.faults import fault_of


class NotApplicableError(Exception):
    """A check that says nothing about this plugin, and why."""


@dataclass(frozen=True, eq=False)
class Check:
    """One part of a contract.

    Attributes
    ----------
    name : a few words, for lists of results
    verifies : what it verifies, in a sentence
    subject : the plugin, as messages name it
    body : raises StrategyError if that part is broken, NotApplicableError if it does not apply
    """

    name: str
    verifies: str
    subject: str
    body: Callable[[], None]

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    def run(self) -> str | None:
        """Verify that part, in a minute or what the environment allows (``ENTSCHED_PATIENCE_S``, seconds).

        Returns
        -------
        str or None
            Why the check does not apply; None if it does, and the plugin keeps its word.

        Raises
        ------
        StrategyError
            If that part of the contract is broken; the message names the plugin.

        Examples
        --------
        >>> Check("is even", "The number is even.", "number 4", lambda: None).run()
        """
        try:
            within(patience_s(), f"{self.subject}: the check {self.name!r}", self.body)
        except NotApplicableError as reason:
            return str(reason)
        except StrategyError:
            raise
        except (Exception, SystemExit) as error:
            if is_termination(error):
                raise
            text = str(error).splitlines()[0] if str(error) else "no message"
            kind = "" if isinstance(error, EntschedError) else f"{type(error).__name__}: "
            raise StrategyError(f"{self.subject} fails the check {self.name!r}: {kind}{text}") from error
        return None


class Verdict(NamedTuple):
    """How one check went; ``reason`` is empty if it is ok."""

    check: Check
    status: Literal["ok", "failed", "skipped"]
    reason: str


def verdicts(checks: Iterable[Check]) -> Iterator[Verdict]:
    """How all checks go, one after the other; after one that does not end the others are left out.

    Reasons say where in the plugin's code an error came up; one that came up before is named by its first check.

    Examples
    --------
    >>> [verdict.status for verdict in verdicts([Check("is even", "It is even.", "4", lambda: None)])]
    ['ok']
    """
    endless = ""
    first: dict[str, str] = {}
    for check in checks:
        if endless:
            yield Verdict(check, "skipped", endless)
            continue
        try:
            reason = check.run()
        except StrategyError as error:
            endless = f"the check {check.name!r} did not end" if isinstance(error, DeadlineError) else ""
            yield Verdict(check, "failed", _reason(error, check.name, first))
        else:
            yield Verdict(check, "skipped" if reason else "ok", reason or "")


def _reason(error: StrategyError, name: str, first: dict[str, str]) -> str:
    """What failed and where, or in which check the same fault came up first; ``first`` grows."""
    place, fault = fault_of(error)
    before = first.setdefault(f"{place} {fault}", name)
    if before != name:
        return f"the same fault as in the check {before!r}"
    return f"{error} ({place})" if place else str(error)


def run_all(checks: Iterable[Check]) -> None:
    """Run checks up to the first that fails.

    Raises
    ------
    StrategyError
        Of that check.
    """
    for check in checks:
        check.run()
