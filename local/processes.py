"""Programs in the background: started, waited for, and ended, at the latest when the process that started them ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Never, Self, TypeVar, cast

from local.supervisor import KEEP_RUNNING, OUTPUT_VARIABLE, kill_programs, program_processes

if TYPE_CHECKING:
    from types import TracebackType

_Found = TypeVar("_Found")

LONGEST_PAUSE_SECONDS = 0.3
"""Between two looks: to look more often takes the time of what is waited for."""

_SUPERVISOR = Path(__file__).resolve().with_name("supervisor.py")
_ENDING_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class BackgroundProgram:
    """A program that runs until it is stopped or this process ends, even by SIGKILL; what it writes goes to a file.

    A context manager: on exit, the program is stopped.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        Its whole environment.
    output
        Where its output goes: no other program's.
    directory
        Its working directory; by default this process's.

    Attributes
    ----------
    output
        The absolute path of its output.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], output: Path, directory: Path | None = None
    ) -> None:
        self._command = list(command)
        self.output = output.resolve()
        with output.open("wb") as stream:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", str(_SUPERVISOR), *command],
                bufsize=0,
                cwd=directory,
                env={**environment, OUTPUT_VARIABLE: str(self.output)},
                stdin=subprocess.PIPE,  # the kernel closes it when this process ends
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C ends the program that started it, which then ends this one in order
            )
        self._pipe = cast("IO[bytes]", self._supervisor.stdin)

    def __enter__(self) -> Self:
        """Return it, running."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def supervisor_pid(self) -> int:
        """Return the id of the process whose child the program is."""
        return self._supervisor.pid

    @property
    def has_ended(self) -> bool:
        """Return whether it and all that it started have ended."""
        return self._supervisor.poll() is not None

    def require_running(self) -> None:
        """Raise a `RuntimeError` with the end of its output if it has ended."""
        if self.has_ended:
            raise RuntimeError(f"{self._command!r} ended unexpectedly:\n{self.output.read_text()[-2000:]}")

    def first_line(self) -> str:
        """Return the first line of its output as soon as it is there; raise a `RuntimeError` if it ends before."""

        def look() -> str | None:
            line, line_end, _ = self.output.read_text().partition("\n")
            if line_end:
                return line
            self.require_running()
            return None

        return wait_for(f"the first line of {self.output.name}", look)

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Return its exit status once it and all that it started have ended, or raise `subprocess.TimeoutExpired`."""
        return self._supervisor.wait(timeout_seconds)

    def leave_running(self) -> None:
        """Let it run on when this process ends, until `end_programs`."""
        self._pipe.write(KEEP_RUNNING)

    def stop(self) -> None:
        """End it and all that it started, at once."""
        self._supervisor.terminate()
        self._supervisor.wait()
        self._pipe.close()


def running_programs(work_dir: Path) -> list[str]:
    """Return the names of the programs whose output goes into a directory, whoever started them."""
    return _names(program_processes(_is_in(work_dir)).values())


def end_programs(work_dir: Path) -> list[str]:
    """End the programs whose output goes into a directory, whoever started them, and return their names."""
    return _names(kill_programs(_is_in(work_dir)))


def exit_on_signals() -> None:
    """Have the first Ctrl-C, SIGTERM or SIGHUP, unless ignored (nohup), raise `SystemExit`, so that all is cleaned up.

    Later ones are ignored: a closing terminal sends two, and the second must not interrupt the clean-up.
    """

    def leave(number: int, _: FrameType | None) -> Never:
        for each in _ENDING_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in _ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave)


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


def _is_in(work_dir: Path) -> Callable[[Path], bool]:
    resolved = work_dir.resolve()
    return lambda output: output.parent == resolved


def _names(outputs: Iterable[Path]) -> list[str]:
    return sorted({output.stem for output in outputs})
