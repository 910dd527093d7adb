"""Processes that a test starts and ends by a signal, and the search for what they leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from local.processes import wait_for
from tests.conftest import REPOSITORY

MARK = "STARTED_BY_TEST"
"""An environment variable that everything below a started process inherits."""

for_each_signal = pytest.mark.parametrize(
    "ending", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name
)
"""A closed terminal, an ordered end, and one that leaves no time for anything."""


@dataclass(frozen=True)
class Launcher:
    """Starts Python programs whose temporary files go into a directory, and finds all that descends from them."""

    directory: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Python with these arguments; it sees the end of its stdin when the test run ends."""
        directory = str(self.directory)
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": directory, MARK: directory}
        command, pipe = [sys.executable, "-u", *arguments], subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603 - this repository's programs
            command, env=environment, cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        self.started.append(process)
        return process

    def start_and_await(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a script of this folder, and wait until it says that it is ready."""
        process = self.start(str(Path(__file__).with_name(script)), *arguments)
        said = process.stdout.readline() if process.stdout else ""
        if said != "ready\n":
            raise RuntimeError(f"{script} failed: {said}{process.communicate()[0]}")
        return process

    def processes(self) -> list[psutil.Process]:
        """Return all processes with the directory in their environment or arguments: that were started, or descend."""
        mark, found = str(self.directory), []
        for process in psutil.process_iter(["environ", "cmdline"]):
            environment, arguments = process.info["environ"] or {}, process.info["cmdline"] or []
            if environment.get(MARK) == mark or mark in arguments:
                found.append(process)
        return found

    def wait_until_runs(self, *words: str) -> psutil.Process:
        """Return the first descendant, supervisors excepted, with these words in its command line."""

        def look() -> psutil.Process | None:
            for process in self.processes():
                command = " ".join(process.info["cmdline"] or [])
                if "supervisor.py" not in command and all(word in command for word in words):
                    return process
            return None

        return wait_for(f"{words} to run", look, timeout_seconds=30)

    def wait_until_nothing_is_left(self) -> None:
        """Wait until no descendant runs."""
        wait_for("every process to end", lambda: not self.processes(), timeout_seconds=15)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    """Give a launcher; if the test fails, what is left is killed."""
    launching = Launcher(tmp_path)
    yield launching
    for process in launching.processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    for started in launching.started:
        started.communicate()
