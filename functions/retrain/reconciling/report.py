"""What a run has found and done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from retrain.landing.landed_object import LandedObject
from retrain.reconciling.listing import Position
from retrain.reconciling.matching import Findings, Unsure
from retrain.reconciling.request import ReconcileRequest

MAX_UNSURE_NAMED = 100
"""How many the answer names. The log names all."""


@dataclass
class Report:
    """What a run has found and done so far.

    Attributes
    ----------
    request
        What was asked for.
    listed, known, missing
        How many landed files it looked at, and how many of them have an item, or none.
    unsure_count, unsure
        How many it could not tell, and the first of them.
    sent
        The files whose events it queues, or, in a dry run, would queue.
    end
        Where it stopped before the end of the bucket; None if it came to the end.
    """

    request: ReconcileRequest
    listed: int = 0
    known: int = 0
    missing: int = 0
    unsure_count: int = 0
    unsure: list[Unsure] = field(default_factory=list)
    sent: list[LandedObject] = field(default_factory=list)
    end: Position | None = None

    def add(self, listed: int, findings: Findings) -> None:
        """Add what was found of one page."""
        self.listed += listed
        self.known += findings.known
        self.missing += len(findings.missing)
        self.unsure_count += len(findings.unsure)
        self.unsure = (self.unsure + findings.unsure)[:MAX_UNSURE_NAMED]

    @property
    def sent_count(self) -> int:
        """Return how many events it queues."""
        return 0 if self.request.dry_run else len(self.sent)

    def answer(self) -> dict[str, Any]:
        """Return the function's answer; `models` counts the retrainings that it starts, or would start, by model."""
        unsure = [f"{each.landed.uri} (landed {each.landed.landed_at}): {each.reason}" for each in self.unsure]
        if self.unsure_count > len(unsure):
            unsure.append(f"and {self.unsure_count - len(unsure)} more, which the log names")
        return {
            "listed": self.listed,
            "known": self.known,
            "missing": self.missing,
            "sent": self.sent_count,
            "unsure": unsure,
            "models": self._retrainings(),
            "dry_run": self.request.dry_run,
        }

    def _retrainings(self) -> dict[str, int]:
        """Return how many retrainings follow by model. The halves of one dataset count once: they become one pair."""
        sent = {landed.dataset_uri if landed.half else (landed.uri, landed.version): landed for landed in self.sent}
        return dict(Counter(landed.model for landed in sent.values()))
