"""Many samples a batch at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator


def batches(total: int, most: int) -> Iterator[int]:
    """The sizes of batches that add up to ``total``, each of ``most`` but the last.

    Examples
    --------
    >>> list(batches(7, 3)), list(batches(2, 3))
    ([3, 3, 1], [2])
    """
    size = max(1, most)
    for done in range(0, total, size):
        yield min(size, total - done)
