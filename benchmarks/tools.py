"""The programs that the benchmark runs, found or asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass


class CannotMeasureError(Exception):
    """A tool is missing, a server did not start, or a contestant did not deliver its bytes."""


@dataclass(frozen=True)
class Tools:
    """Paths of the programs; `aws` is None where it is not installed."""

    nginx: str
    curl: str
    openssl: str
    aws: str | None


def find_tools(*, require_all: bool) -> Tools:
    """Find the programs; a missing AWS CLI is an error only when `require_all` is set.

    Raises
    ------
    CannotMeasureError
        Tells what to install.
    """
    # Debian keeps nginx in sbin, which is not on every user's PATH.
    search_path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    found = {name: shutil.which(name, path=search_path) for name in ("nginx", "curl", "openssl", "aws")}
    missing = [name for name, path in found.items() if not path and (require_all or name != "aws")]
    if missing:
        packages = ", ".join("the AWS CLI (pip install awscli)" if name == "aws" else name for name in missing)
        raise CannotMeasureError(f"Not on PATH: {', '.join(missing)}; please install {packages}.")
    return Tools(str(found["nginx"]), str(found["curl"]), str(found["openssl"]), found["aws"])


def version_of(program: str, flag: str) -> str:
    """Give the name and version that a program prints."""
    shown = subprocess.run([program, flag], capture_output=True, text=True, check=True)
    return " ".join((shown.stdout or shown.stderr).removeprefix("nginx version: ").split()[:2])
