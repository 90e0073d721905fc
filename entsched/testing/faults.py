"""Where in the code of a plugin an error came up."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

#: Modules whose frames are not a plugin's: this package, what it stands on, and the standard library.
FOREIGN = sys.stdlib_module_names - {"__main__"} | {
    "entsched",
    "numba",
    "numpy",
    "pydantic",
    "pydantic_core",
    "qutip",
    "scipy",
}


def fault_of(error: BaseException) -> tuple[str, str]:
    """The place of a fault in a plugin's code, as ``file:line``, and the error that came up there.

    The place is empty if no code of a plugin took part; the error is then the one that was given.

    Examples
    --------
    >>> fault_of(ValueError("nothing of a plugin"))
    ('', 'ValueError: nothing of a plugin')
    """
    found = "", error
    for each in _causes(error):
        frames = [(frame, line) for frame, line in traceback.walk_tb(each.__traceback__) if not _is_foreign(frame)]
        if frames:
            frame, line = frames[-1]
            found = f"{_short(frame.f_code.co_filename)}:{line}", each
    place, at_fault = found
    return place, f"{type(at_fault).__name__}: {at_fault}"


def statement_of(place: str) -> str:
    """The line of code at a place, without its indentation; empty if there is none.

    Examples
    --------
    >>> statement_of("nowhere.py:3")
    ''
    """
    path, _, line = place.rpartition(":")
    return linecache.getline(path, int(line)).strip() if path else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _is_foreign(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in FOREIGN


def _short(path: str) -> str:
    """A path as seen from the current folder, if it is inside."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
