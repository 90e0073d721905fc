"""One writer for a folder: a lock of the operating system, which ends with its process, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entsched.errors import StoreError

try:
    import fcntl
except ImportError:  # Windows has no such locks: there, nothing stops a second writer
    fcntl = None  # type: ignore[assignment]

#: The descriptors of the locks that this process holds.
_held: set[int] = set()


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``, which holds the process id of its owner and is removed at the end.

    Raises
    ------
    StoreError
        If another process, or this one, holds it already.
    OSError
        If the file cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, only_writer(Path(folder) / "results.lock"):
    ...     (Path(folder) / "results.lock").read_text() == str(os.getpid())
    True
    """
    if fcntl is None:
        yield
        return
    descriptor = _locked(path)
    _held.add(descriptor)
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        if descriptor in _held:  # in a child, made by fork, it no longer is
            _held.remove(descriptor)
            path.unlink(missing_ok=True)
            os.close(descriptor)


def _locked(path: Path) -> int:
    """A descriptor that holds the lock, on the file that ``path`` names now."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_there(path, descriptor):
                return descriptor
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode("ascii", "replace") or "unknown"
            os.close(descriptor)
            raise StoreError(
                f"{path.parent} is in use by another entsched run (pid {owner}), allowed: wait for it, or another --out"
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its last owner has just removed it


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _leave_to_parent() -> None:
    """A child made by fork shares its parent's locks: it lets go, so that they end with the parent."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
