"""What the servers are asked to do: service laws, pairs of requests, baseline rewards."""

from entsched.workload.baseline import Baseline, BaselineReward
from entsched.workload.model import Service, Workload
from entsched.workload.service import ServiceLaw

__all__ = ["Baseline", "BaselineReward", "Service", "ServiceLaw", "Workload"]
