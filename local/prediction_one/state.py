"""All that the stand-in knows, under one lock: every change is quick and in memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from threading import RLock
from typing import Literal

from local.prediction_one.faults import FaultPlan
from local.prediction_one.jobs import JobBook
from local.prediction_one.keys import KeyRing
from local.prediction_one.presigned import PresignedUrls
from local.prediction_one.values import ReceivedRequest, Settings

ModelPart = Literal["user", "model", "training_job", "classifier", "configuration_file"]


class ServiceState:
    """The service's memory. Hold `lock` to read or change it."""

    def __init__(self, api_keys: Mapping[str, str], secret_keys: Iterable[str], settings: Settings) -> None:
        self.lock = RLock()
        self.settings = settings
        self.keys = KeyRing(api_keys, secret_keys)
        self.jobs = JobBook()
        self.faults = FaultPlan()
        self.urls = PresignedUrls()
        self.requests: list[ReceivedRequest] = []
        self.deleted_parts: defaultdict[str, set[ModelPart]] = defaultdict(set)
        """What was deleted of each model."""
