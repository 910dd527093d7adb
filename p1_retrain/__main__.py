"""`python -m p1_retrain` is the same as the console script."""

from __future__ import annotations

from p1_retrain.app import app

app(prog_name="p1-retrain")
