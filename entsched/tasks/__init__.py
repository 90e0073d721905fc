"""Tasks: everything an experiment computes, as data with an identity and a pure evaluation."""

from entsched.tasks.base import Row, Task, evaluated
from entsched.tasks.bounds import BoundTask, CertificateTask, GainTask, StaticTask
from entsched.tasks.routing import ExactTask, SimulationTask

__all__ = [
    "BoundTask",
    "CertificateTask",
    "ExactTask",
    "GainTask",
    "Row",
    "SimulationTask",
    "StaticTask",
    "Task",
    "evaluated",
]
