"""What the costs are computed from: the template, the measured steps, the price list, three loads, and assumptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from benchmarks.local_parts import REPOSITORY, template

NIGHTS = 30
"""In a month."""

HOURS = 730
"""In a month, as AWS's calculators count."""

GIB, GB, MB = 1024**3, 1000**3, 1000**2


@dataclass(frozen=True)
class Load:
    """Files that land every night.

    Attributes
    ----------
    megabytes
        Of each file.
    """

    files_a_night: int
    megabytes: int

    @property
    def name(self) -> str:
        """Return it in words."""
        gigabytes = self.megabytes * MB / GB
        size = f"{gigabytes:g} GB" if gigabytes >= 1 else f"{self.megabytes} MB"
        return f"{self.files_a_night:,} files of {size} a night"

    @property
    def files(self) -> int:
        """Return the files of a month."""
        return self.files_a_night * NIGHTS

    @property
    def gib_of_a_file(self) -> float:
        """Return the size of one."""
        return self.megabytes * MB / GIB

    @property
    def gb(self) -> float:
        """Return the gigabytes of a month, as transfer is charged."""
        return self.files * self.megabytes * MB / GB

    @property
    def tib(self) -> float:
        """Return the tebibytes of a month."""
        return self.files * self.gib_of_a_file / 1024


LOADS = (Load(20, 50), Load(2_000, 5), Load(200, 2_000))


@dataclass(frozen=True)
class Assumptions:
    """What cannot be measured here.

    Attributes
    ----------
    models
        Each with a secret.
    training_minutes
        Until a job is finished.
    slower
        How much more CPU a vCPU of Lambda needs than the core that was measured.
    network_mib_per_second
        From S3 through a function to the service.
    aws_call_seconds, service_call_seconds
        How long each is waited for.
    own_log_bytes
        Of Lambda's own lines about an invocation: START, END and REPORT with the trace's id.
    pollers
        Of an idle queue, each with a receive every 20 s.
    nights_kept
        For how many nights files stay in the landing bucket: the daily check lists all of them.
    """

    models: int = 5
    training_minutes: int = 60
    slower: float = 2
    network_mib_per_second: float = 50
    aws_call_seconds: float = 0.01
    service_call_seconds: float = 0.2
    own_log_bytes: int = 500
    pollers: int = 5
    nights_kept: int = 90


@dataclass(frozen=True)
class Inputs:
    """All of them, read once."""

    assumed: Assumptions = Assumptions()

    @cached_property
    def price(self) -> Mapping[str, Any]:
        """Return the price list of `p1-retrain costs`."""
        listed: Mapping[str, Any] = json.loads((REPOSITORY / "p1_retrain" / "prices.json").read_text())
        return listed

    @cached_property
    def measured(self) -> Mapping[str, Any]:
        """Return what `benchmarks.calls` wrote."""
        told: Mapping[str, Any] = json.loads((REPOSITORY / "benchmarks" / "measured.json").read_text())
        return told

    def step(self, name: str) -> Mapping[str, Any]:
        """Return what a step takes."""
        found: Mapping[str, Any] = self.measured["steps"][name]
        return found

    def count(self, kind: str) -> int:
        """Return how many resources of a type the template has."""
        return sum(resource["Type"] == kind for resource in template()["Resources"].values())

    def default(self, parameter: str) -> int:
        """Return a parameter's default, a number."""
        return int(template()["Parameters"][parameter]["Default"])

    def memory_mb(self, function: str) -> int:
        """Return the memory of a function, for example of `upload`."""
        return int(self._function(function)["MemorySize"])

    def timeout_seconds(self, function: str) -> int:
        """Return how long a function may run."""
        return int(self._function(function)["Timeout"])

    def storage_gb(self, function: str) -> float:
        """Return the temporary storage that is charged: what exceeds 512 MB."""
        size_mb: int = self._function(function).get("EphemeralStorage", {}).get("Size", 512)
        return (size_mb - 512) / 1024

    @property
    def checks(self) -> int:
        """Return how often a job is checked before it is finished.

        At every run of the track function, as long as a twelfth of its age is less than the interval
        (`functions/retrain/tracking/pace.py`).
        """
        interval_minutes = self.default("TrackIntervalMinutes")
        if self.assumed.training_minutes > 12 * interval_minutes:
            raise ValueError("A training that long is checked less often: this would count too many checks.")
        return self.assumed.training_minutes // interval_minutes - 1

    @property
    def runs(self) -> Mapping[str, int]:
        """Return how often the schedules invoke each step in a month."""
        per_day = {"idle track": 1440 // self.default("TrackIntervalMinutes"), "watch": 1, "reconcile": 1}
        rate = self._function("upload")["Events"]["DeadLetters"]["Properties"]["ScheduleExpression"]
        minutes = int(rate.removeprefix("rate(").removesuffix(" minutes)"))
        return {step: runs * NIGHTS for step, runs in {**per_day, "idle upload": 1440 // minutes}.items()}

    def _function(self, name: str) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = template()["Resources"][f"{name.capitalize()}Function"]["Properties"]
        return properties
