"""Help as Typer shows it best: each paragraph on one line, for any width, and examples with what they do."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rich.markup import escape


def help_of(command: Callable[..., Any]) -> str:
    """Return a command's docstring, each paragraph on one line."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def examples(*lines: tuple[str, str]) -> str:
    """Return command lines, each with what it does below it; an empty text where the line says it all."""
    shown = [f"[cyan]$ {escape(line)}[/cyan]" + (f"\n\n    {meaning}" if meaning else "") for line, meaning in lines]
    return "\n\n".join(["[bold]Examples[/bold]", *shown])
