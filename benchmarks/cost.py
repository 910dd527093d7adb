"""`python -m benchmarks.cost`: what the stack costs at rest and for three loads; `--write` makes the page.

Nothing is measured here: the numbers come from template.yaml, from `benchmarks/measured.json`, which `python -m
benchmarks.calls` writes, and from the price list of `p1-retrain costs`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cost_inputs import Inputs
from benchmarks.cost_page import page


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute, and show or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=__doc__)
    parser.add_argument("--write", type=Path, help="write the page to this file")
    options = parser.parse_args(arguments)
    text = page(Inputs())
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
