"""What could not be read, and which permission the page function perhaps lacks: one part less, not no page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from retrain.errors import RetrainError
from retrain.telemetry import logger

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Problem:
    """Something that could not be read.

    Attributes
    ----------
    what, reason
        What cannot be shown, and why.
    needs
        The action that the function's role must allow for it.
    """

    what: str
    reason: str
    needs: str


@dataclass
class Problems:
    """Those of one page."""

    found: list[Problem] = field(default_factory=list)

    def read(self, what: str, needs: str, load: Callable[[], _Read]) -> _Read | None:
        """Return what `load` reads; if it cannot, note and log the problem, and return None."""
        try:
            return load()
        except RetrainError as error:
            logger.error("A part of the page could not be read", what=what, error_code=error.code, reason=str(error))
            self.found.append(Problem(what, str(error), needs))
            return None
