"""The commands that people are told to run: those of `p1-retrain` (docs/command-line.md), ready for a shell."""

from __future__ import annotations

from retrain.printable import quoted

DEFAULT_STACK_NAME = "prediction-one-retrain"
"""As in samconfig.toml; `p1-retrain` looks for it unless it is told another one."""


def p1_retrain(stack_name: str, *words: str) -> str:
    """Return a command line of `p1-retrain`; every word is quoted for the shell if it has to be."""
    stack = [] if stack_name == DEFAULT_STACK_NAME else ["--stack", stack_name]
    return " ".join(map(quoted, ["p1-retrain", *stack, *words]))
