"""The bill of materials names all that is deployed; nothing is deployed that is not pinned, with hashes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY

PINNED = (REPOSITORY / "functions" / "requirements.txt").read_text()
PINS = dict(re.findall(r"^([\w-]+)==(\S+)", PINNED, re.MULTILINE))


def write(requirements: str, licences: list[dict[str, str]], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run what `make scan` runs, on these requirements and licences."""
    (directory / "licences.json").write_text(json.dumps(licences))
    (directory / "requirements.txt").write_text(requirements)
    command = [str(REPOSITORY / ".venv-scan" / "bin" / "python"), "-m", "local.scan.sbom"]
    command += [str(directory / name) for name in ("requirements.txt", "licences.json", "sbom.json")]
    return subprocess.run(  # noqa: S603 - our own program
        command, cwd=REPOSITORY, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=False
    )


def licences_of(pins: dict[str, str]) -> list[dict[str, str]]:
    """Return what pip-licenses says of them."""
    return [{"Name": name.title(), "Version": version, "License": "MIT"} for name, version in pins.items()]


def test_every_package_is_named_with_version_hashes_and_licence(tmp_path: Path) -> None:
    """The program itself holds it against CycloneDX's schema."""
    done = write(PINNED, licences_of(PINS), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    sbom: dict[str, Any] = json.loads((tmp_path / "sbom.json").read_text())
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    assert {one["name"]: one["version"] for one in sbom["components"]} == PINS
    hashes = {each["content"] for one in sbom["components"] for each in one["externalReferences"][0]["hashes"]}
    assert hashes == set(re.findall(r"sha256:(\w+)", PINNED))
    assert {json.dumps(one["licenses"]) for one in sbom["components"]} == {'[{"license": {"id": "MIT"}}]'}


def test_what_is_not_pinned_is_refused(tmp_path: Path) -> None:
    """Nothing is written then."""
    loose = "six>=1\n" + "idna==3.20 \n" + PINNED
    installed = {name: version for name, version in PINS.items() if name != "urllib3"} | {"requests": "2.0"}

    done = write(loose, licences_of(installed), tmp_path)

    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "six>=1 has no version or no hash",
        "idna==3.20 has no version or no hash",
        f"requests is pinned to {PINS['requests']}, and 2.0 is installed",
        f"urllib3 is pinned to {PINS['urllib3']}, and nothing is installed",
    ]
    assert not (tmp_path / "sbom.json").exists()
