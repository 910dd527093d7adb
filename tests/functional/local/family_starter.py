"""Starts two programs in the background, and waits to be ended: `family_starter.py MOMENT DIRECTORY`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from local.processes import BackgroundProgram

FAMILY = """
import os, subprocess, sys, time
child = [sys.executable, "-c", "import time; time.sleep(600)", os.environ["STARTED_BY_TEST"]]
children = [subprocess.Popen(child, env={}), subprocess.Popen(child, start_new_session=True)]
print("complete", flush=True)
time.sleep(600)
"""
"""A program with a child that inherits no environment, and one that has a session of its own."""


def main(moment: str, directory: Path) -> None:
    """Get to the moment ("starting", "running" or "stopping"), say so, and wait until stdin ends."""
    command = [sys.executable, "-c", FAMILY]
    programs = [BackgroundProgram(command, os.environ, directory / f"{name}.log") for name in ("first", "second")]
    if moment != "starting":
        for program in programs:
            program.first_line()
    if moment == "stopping":
        programs[0].stop()
    sys.stdout.write("ready\n")
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
