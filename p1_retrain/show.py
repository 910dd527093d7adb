"""How answers are shown: tables for people, JSON for programs; the same facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class Screen:
    """Where answers go.

    Attributes
    ----------
    as_json
        Whether a program reads them.
    console
        The terminal.
    """

    as_json: bool
    console: Console

    def answer(self, value: Any) -> None:
        """Print an answer for programs."""
        if self.as_json:
            print(json.dumps(_plain(value), ensure_ascii=False, indent=2))  # noqa: T201 - the answer

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            self.console.print(escape(text), highlight=False, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table for people."""
        if self.as_json:
            return
        rows = list(rows)
        if not rows:
            return
        table = Table(*columns, box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in table.columns:
            column.overflow = "fold"  # a command is copied whole
        table.columns[0].no_wrap = True
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        self.console.print(table)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if name not in ("receipt_handle", "body")}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
