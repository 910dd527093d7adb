"""Runs one contestant once: `python -m benchmarks.contestants NAME TRANSFER_AS_JSON`."""

import json
import sys
from importlib import import_module

from benchmarks.transfer import Transfer

# Imported by name: a contestant pays for its own imports only.
import_module(f"benchmarks.contestants.{sys.argv[1]}").relay(Transfer(**json.loads(sys.argv[2])))
