"""Every contestant: a module of `benchmarks/contestants`, or the pipeline of commands that it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.transfer import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.tools import Tools
    from benchmarks.transfer import Transfer

HANDLER = "handler"
RELAY = "relay_alone"
MANUAL_EXAMPLE = "manual_example"
BARE_LOOP = "bare_loop"
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Contestant:
    """One way to bring the object to the URL: with a `pipeline` of commands, or else the module of its name."""

    name: str
    title: str
    pipeline: Callable[[Transfer], list[list[str]]] | None = None


def contestants(tools: Tools) -> list[Contestant]:
    """Give all contestants that can run here."""
    curl = [tools.curl, "--disable", "--silent", "--show-error", "--fail"]

    def curl_put(transfer: Transfer) -> list[str]:
        # From a pipe curl sends chunked, which a presigned URL refuses: tell it the length.
        length = ["--header", f"Content-Length: {transfer.size_bytes}", "--header", "Transfer-Encoding:"]
        return [*curl, "--cacert", transfer.ca_path, *length, "--upload-file", "-", transfer.sink_url]

    def curl_pipe(transfer: Transfer) -> list[list[str]]:
        return [[*curl, "--cacert", transfer.ca_path, transfer.source_url], curl_put(transfer)]

    def aws_pipe(transfer: Transfer) -> list[list[str]]:
        source = ["--endpoint-url", transfer.source_endpoint, f"s3://{BUCKET}/{transfer.key}"]
        return [[str(tools.aws), "s3", "cp", *source, "-"], curl_put(transfer)]

    return [
        Contestant(HANDLER, "the upload handler"),
        Contestant(RELAY, "its relay alone"),
        Contestant(MANUAL_EXAMPLE, "the manual's example"),
        Contestant("curl_pipe", "curl | curl", curl_pipe),
        *([Contestant("aws_cli_pipe", "aws s3 cp | curl", aws_pipe)] if tools.aws else []),
        Contestant(BARE_LOOP, "bare loop"),
    ]


def environment(certificate: Path, bytecode: Path) -> dict[str, str]:
    """Give the environment that contestants run in: no proxy, nobody's AWS or Python settings."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("AWS_", "PYTHON"))
    }
    return inherited | {
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "benchmark"),
        **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CA_BUNDLE": str(certificate),
        # Compiled once, in the warm-up: where libraries come without bytecode, each start would compile them.
        "PYTHONPYCACHEPREFIX": str(bytecode),
        "PYTHONPATH": os.pathsep.join((str(_ROOT / "functions"), str(_ROOT))),
    }
