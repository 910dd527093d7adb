"""Runs the SAM CLI, which lives in an environment of its own (`make setup`)."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from local.processes import BackgroundProgram

_REPOSITORY = Path(__file__).resolve().parents[1]
_SAM = _REPOSITORY / ".venv-sam" / "bin" / "sam"


def sam(output: Path, *arguments: str, **environment: str) -> None:
    """Run a command of the SAM CLI with the repository's settings and further environment variables.

    Parameters
    ----------
    output
        Where its output goes.

    Raises
    ------
    RuntimeError
        It failed; the text is the end of its output.
    """
    own = {"PATH": f"{_SAM.parent}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    command = [str(_SAM), *arguments, "--config-file", str(_REPOSITORY / "samconfig.toml")]
    with BackgroundProgram(command, {**os.environ, **environment, **own}, output, _REPOSITORY) as program:
        if program.wait():
            raise RuntimeError(f"sam {arguments[0]} failed:\n{output.read_text()[-5000:]}")


def build(build_dir: Path) -> Path:
    """Build the functions, once for all processes that ask for the same directory; return the built template."""
    template = build_dir / "template.yaml"
    with build_dir.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            sam(build_dir.with_name("sam_build.log"), "build", "--build-dir", str(build_dir))
    return template
