"""Where tasks run: in this process, in threads, in processes or on a Dask cluster, behind one interface."""

from entsched.executors.choice import default_workers, open_executor, scheduler_address
from entsched.executors.pool import Pool, build
from entsched.executors.processes import prepare

__all__ = ["Pool", "build", "default_workers", "open_executor", "prepare", "scheduler_address"]
