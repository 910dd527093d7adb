"""How many examples hypothesis tries: few in `make test`, many times as many in `make soak`."""

from __future__ import annotations

import os

IN_SOAK = "EXAMPLES" in os.environ
"""Whether `make soak` runs the tests."""


def examples(few: int) -> int:
    """Return `few`, times the number in the environment variable `EXAMPLES`."""
    return few * int(os.environ.get("EXAMPLES", "1"))
