"""Counts the calls that a program's AWS clients make, and the items that DynamoDB read for them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from botocore.session import Session

ITEMS_READ = "items read"
"""In the counter, beside the calls by name."""


def count_calls(session: Session) -> Counter[str]:
    """Return what counts, from now on, the calls of all clients that come from a session."""
    calls: Counter[str] = Counter()

    def begun(**call: Any) -> None:
        calls[call["model"].name] += 1

    def ended(**call: Any) -> None:
        if read := call["parsed"].get("ScannedCount"):
            calls[ITEMS_READ] += read

    session.register("before-call", begun)
    session.register("after-call.dynamodb", ended)
    return calls
