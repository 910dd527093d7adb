"""Programs in the background: started on loopback, waited for, and ended by their own id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

_Found = TypeVar("_Found")

LONGEST_PAUSE_SECONDS = 0.3
"""Between two looks: to look more often takes the time of what is waited for."""


class BackgroundProgram:
    """A program that runs until it is stopped; what it writes goes to a file.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        Its whole environment.
    output
        Where its output goes.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        self.output = output
        with output.open("wb") as stream:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C ends the program that started it, which then ends this one in order
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def require_running(self) -> None:
        """Raise a `RuntimeError` with the end of its output if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._process.args!r} ended unexpectedly:\n{self.output.read_text()[-2000:]}")

    def stop(self, grace_seconds: float = 5) -> None:
        """Have it and the programs that it started end; kill them if they still run after `grace_seconds`."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def free_port() -> int:
    """Return a port on 127.0.0.1 that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, look: Callable[[], _Found | None], timeout_seconds: float = 60) -> _Found:
    """Return what `look` finds as soon as it is neither None nor false.

    Raises
    ------
    TimeoutError
        It did not turn up in time.
    """
    give_up_at, pause_seconds = time.monotonic() + timeout_seconds, 0.02
    while time.monotonic() < give_up_at:
        if found := look():
            return found
        time.sleep(pause_seconds)
        pause_seconds = min(1.3 * pause_seconds, LONGEST_PAUSE_SECONDS)
    raise TimeoutError(f"Waited {timeout_seconds:.0f} s for {what}, without success.")
