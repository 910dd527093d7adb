"""Runs one contestant in a process: `python -m benchmarks.contestants NAME RESULT TRANSFER_AS_JSON...`.

It brings over one object after another, and writes to the file RESULT what each took: the first one with what is done
once for each process (clients, first handshakes), the others as in a warm function.
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.meter import MAXRSS_UNIT_BYTES
from benchmarks.transfer import Transfer

_, name, result, *transfers = sys.argv
# Imported by name: a contestant pays for its own imports only.
relay = import_module(f"benchmarks.contestants.{name}").relay
took = []
for transfer in transfers:
    started, started_cpu = time.perf_counter(), time.process_time()
    relay(Transfer(**json.loads(transfer)))
    took.append(
        {
            "wall_seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - started_cpu,
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT_BYTES,
        }
    )
Path(result).write_text(json.dumps(took), encoding="utf-8")
