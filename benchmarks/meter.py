"""Runs one pipeline of commands and prints what it took, as JSON.

A program of its own, with next to no imports: Linux counts the memory of the process that starts a command
into the command's `ru_maxrss`, so whoever starts it must be smaller than anything it measures.
"""

import json
import os
import signal
import sys
import time

MAXRSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def measure(commands: list[list[str]]) -> dict[str, object]:
    """Run `commands` as a pipeline, each one's output the next one's input; add up what all of them took.

    Whatever ends this early also ends the commands, and waits for their end.
    """
    running: list[int] = []
    ended = []
    started = time.perf_counter()
    try:
        _spawn_pipeline(commands, running)
        while running:
            ended.append(os.wait4(running[0], 0))
            running.pop(0)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return {
        "wall_seconds": time.perf_counter() - started,
        "cpu_seconds": sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended),
        "peak_memory_bytes": sum(usage.ru_maxrss for _, _, usage in ended) * MAXRSS_UNIT_BYTES,
        "exit_codes": [os.waitstatus_to_exitcode(status) for _, status, _ in ended],
    }


def _spawn_pipeline(commands: list[list[str]], running: list[int]) -> None:
    stdin = os.open(os.devnull, os.O_RDONLY)
    for position, command in enumerate(commands):
        if position < len(commands) - 1:
            next_stdin, stdout = os.pipe()
        else:
            next_stdin, stdout = -1, os.open(os.devnull, os.O_WRONLY)
        streams = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, stdout, 1)]
        running.append(os.posix_spawn(command[0], command, os.environ, file_actions=streams))
        # Only the commands may hold the pipes, or no reader would ever see the end.
        os.close(stdin)
        os.close(stdout)
        stdin = next_stdin


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.stdout.write(json.dumps(measure(json.loads(sys.argv[1]))))
