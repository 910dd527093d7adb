"""The results that a command puts together itself: their fields are the shape of its `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from p1_retrain.found.files import File
from p1_retrain.found.keys import Key
from p1_retrain.found.letters import Letter


@dataclass(frozen=True)
class Listing:
    """A model's files, the newest first; `is_cut` if there are more."""

    model: str
    bucket: str
    files: list[File]
    is_cut: bool


@dataclass(frozen=True)
class DeadLetters:
    """The letters of both queues, and what to run about them."""

    bucket: str
    uploads_in_all: int
    uploads: list[Letter]
    announcements: list[Letter]
    redrive_command: str
    purge_command: str


@dataclass(frozen=True)
class Keys:
    """The keys of all models."""

    keys: list[Key]


@dataclass(frozen=True)
class Reconciled:
    """The reconcile function's answer (docs/operations.md)."""

    listed: int
    known: int
    missing: int
    sent: int
    unsure: list[str]
    models: dict[str, int]
    dry_run: bool

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Reconciled:
        """Return the answer's fields; others are of a newer version."""
        return cls(**{name: answer[name] for name in cls.__annotations__})


@dataclass(frozen=True)
class Done:
    """A change that was made: what now holds of the file."""

    text: str
    uri: str
    status: str
    retrain_job_id: str | None
