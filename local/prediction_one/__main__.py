"""Serves the stand-in of Prediction One until interrupted; its base URL is the first line it prints."""

import argparse
import signal
from collections.abc import Sequence
from threading import Event

from local.prediction_one.server import PredictionOneStandIn
from local.prediction_one.values import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    options = _parser().parse_args(arguments)
    interrupted = Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: interrupted.set())
    with PredictionOneStandIn(
        dict(options.api_key),
        options.secret_key,
        port=options.port,
        training_seconds=options.training_seconds,
        verbose=options.verbose,
    ) as service:
        print(service.base_url, flush=True)
        interrupted.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.prediction_one", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--api-key", type=_key_and_model, action="append", default=[], metavar="KEY=MODEL", help="repeatable"
    )
    parser.add_argument("--secret-key", action="append", default=[], metavar="SECRET", help="repeatable")
    parser.add_argument(
        "--training-seconds",
        type=float,
        default=Settings.training_seconds,
        help="how long a retraining takes (default: %(default)s)",
    )
    parser.add_argument("--verbose", action="store_true", help="write each request to stderr")
    return parser


def _key_and_model(text: str) -> tuple[str, str]:
    key, separator, model = text.rpartition("=")
    if not (key and separator and model):
        raise argparse.ArgumentTypeError("KEY=MODEL is wanted")
    return key, model


if __name__ == "__main__":
    raise SystemExit(main())
