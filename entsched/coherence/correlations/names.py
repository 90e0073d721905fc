"""Names of recorded sources, and of the files that hold their certificates."""

from __future__ import annotations

import re

#: How the names of the files of other sources than scenarios begin.
RESERVED = ("bell-pair-", "loophole-")


def certificate_file(source: str) -> str:
    """The name of the file that holds the certificate of a recorded source.

    Examples
    --------
    >>> certificate_file("Bell pair 0.75, 500 rounds")
    'bell-pair-0.75-500-rounds.json'
    """
    return f"{_stem(source)}.json"


def refuse_names(names: list[str]) -> None:
    """Refuse names of scenarios whose files would have no name, the same one, or that of another source.

    Raises
    ------
    ValueError
        In one line, with the name.
    """
    seen: dict[str, str] = {}
    for name in names:
        stem = _stem(name)
        if not stem:
            raise ValueError(f"given the name {name!r}, allowed: at least one of a to z or 0 to 9")
        if stem.startswith(RESERVED):
            raise ValueError(f"given the name {name!r}, allowed: no 'Bell pair' or 'loophole' at its start")
        if stem in seen:
            raise ValueError(
                f"given the names {seen[stem]!r} and {name!r}, allowed: each name once, apart by letters or digits"
            )
        seen[stem] = name


def _stem(source: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", source.lower()).strip("-.")
