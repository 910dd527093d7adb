"""How a benchmark ends: its measurements in a file, and what they say of its claims."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine


def write_measured(path: Path | None, **measured: Any) -> None:
    """Write measurements as JSON, with the machine that they are of, if there is a path."""
    if path:
        path.write_text(json.dumps({"machine": machine(), **measured}, indent=2) + "\n")


def exit_code(broken: Sequence[str], claims: str) -> int:
    """Print a sentence for each broken claim, or that all `claims` hold; return 1 if one is broken."""
    print("\n".join(broken) or f"All claims hold: {claims}.")
    return 1 if broken else 0
