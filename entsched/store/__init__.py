"""The results of a run: one SQLite file with one writer, and files that are written whole or not at all."""

from entsched.store.files import atomic_path, tables, write_csv, write_text
from entsched.store.results import Failure, Store

__all__ = ["Failure", "Store", "atomic_path", "tables", "write_csv", "write_text"]
