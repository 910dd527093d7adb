"""What a person needs while a command runs: a sign of life after two seconds, and steps that Ctrl-C does not split."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

SECONDS = 2
"""After this, a person wants to know what is going on."""


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Show on the terminal what takes longer than two seconds; say nothing where nobody looks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    spinner = console.status(f"{text} ...")
    timer = threading.Timer(SECONDS, spinner.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        spinner.stop()


@contextmanager
def undivided() -> Iterator[None]:
    """Let Ctrl-C wait until the steps within are complete."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        waiting.append(number)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if waiting:
            raise KeyboardInterrupt
