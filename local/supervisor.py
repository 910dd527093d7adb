"""Runs a program and kills it, with all that it started, as soon as the process that wants it is gone.

Python cannot clean up after SIGKILL, nor after the SIGHUP of a closed terminal unless it expects it. The kernel can: it
closes the write end of a pipe when the last process that holds it ends, for whatever reason. That end is the starting
process's; the read end is this supervisor's stdin.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import psutil

OUTPUT_VARIABLE = "LOCAL_PROGRAM_OUTPUT"
"""Set to where a program's output goes. All that the program starts inherits it, which tells what belongs to it."""

KEEP_RUNNING = b"k"
"""Written to the pipe: the program stays when the starting process ends."""

_PAUSE_SECONDS = 0.02
"""For what was killed to disappear, and for what it had just started to turn up."""


def main(command: Sequence[str]) -> int:
    """Run a program until it ends, the starting process ends, or a signal asks for it; return its exit status."""
    ends: SimpleQueue[None] = SimpleQueue()  # unlike threading.Event, safe to use from a signal handler
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.put(None))
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait_for_program() -> None:
        program.wait()
        ends.put(None)

    def wait_for_starting_process() -> None:
        if os.read(sys.stdin.fileno(), 1) != KEEP_RUNNING:
            ends.put(None)

    for wait in (wait_for_program, wait_for_starting_process):
        Thread(target=wait, daemon=True).start()
    ends.get()
    _kill_group(program.pid)  # first and at once: what is in it cannot start more meanwhile
    own_output = Path(os.environ[OUTPUT_VARIABLE])
    kill_programs(lambda output: output == own_output)  # what left the group
    return program.wait()


def program_processes(belongs: Callable[[Path], bool]) -> dict[psutil.Process, Path]:
    """Return the processes of programs whose output `belongs`, this one excepted, each with that output."""
    found = {}
    for process in psutil.process_iter(["environ"]):  # None for other users' processes
        output = Path((process.info["environ"] or {}).get(OUTPUT_VARIABLE, ""))
        if belongs(output) and process.pid != os.getpid():
            found[process] = output
    return found


def kill_programs(belongs: Callable[[Path], bool]) -> set[Path]:
    """Kill the process groups of programs whose output `belongs` until none is left; return those programs' outputs."""
    killed: set[Path] = set()
    while found := program_processes(belongs):
        killed |= set(found.values())
        for process in found:
            with suppress(ProcessLookupError):
                if process.is_running():  # and its id was not given to another process since
                    _kill_group(os.getpgid(process.pid))
        time.sleep(_PAUSE_SECONDS)
    return killed


def _kill_group(group_id: int) -> None:
    # macOS answers with a PermissionError if all processes of the group are zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group_id, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
