"""Searches the files, and every line that the history ever added, for secrets: `make scan`.

Yelp's detect-secrets, as checkov brings it, knows what a secret looks like. Its own baseline is a list of hashes; ours,
`.secrets-allowed.toml`, says in words what is no secret, and why. What is found is not shown: a log is read by many.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

ALLOWED = ".secrets-allowed.toml"
_KNOWN_TYPES = {".py", ".js", ".json", ".yaml", ".md"}  # it looks at others as at plain text


@dataclass(frozen=True)
class Line:
    """A line, and the first place where it was seen."""

    text: str
    path: str
    commit: str


@dataclass(frozen=True)
class Finding:
    """What looks like a secret."""

    kind: str
    value: str
    line: Line

    def __str__(self) -> str:
        """Say where it is, and not what it is."""
        return f"{self.kind}: {self.line.path}, {self.line.commit}"


def git(repository: Path, *arguments: str) -> str:
    """Return what git says; a file may be no text."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")


def lines_of_the_files(repository: Path) -> Iterator[Line]:
    """Yield every line of the files as they are, those that git does not know yet included."""
    for path in git(repository, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")[:-1]:
        if (repository / path).is_file():
            for text in (repository / path).read_text(errors="replace").split("\n"):
                yield Line(text, path, "as it is now")


def lines_of_the_history(repository: Path) -> Iterator[Line]:
    """Yield every line that a commit before this one added, the merges' own included."""
    commit = path = ""
    for line in git(repository, "log", "-m", "-p", "-U0", "--no-ext-diff", "--format=commit %h", "HEAD").split("\n"):
        if line.startswith("commit "):
            commit = line
        elif line.startswith("+++ "):
            path = line.removeprefix("+++ ").removeprefix("b/")
        elif line.startswith("+"):
            yield Line(line[1:], path, commit)


def findings(lines: Iterator[Line]) -> Iterator[Finding]:
    """Yield what looks like a secret. In each folder of the top, a line is searched, and a value told, once."""
    parts: dict[str, dict[str, Line]] = {}
    for line in lines:
        suffix = Path(line.path).suffix
        name = f"lines-{line.path.split('/')[0]}{suffix if suffix in _KNOWN_TYPES else '.txt'}"
        parts.setdefault(name, {}).setdefault(line.text, line)
    # A `pragma: allowlist secret` in a line would be a second list of exceptions.
    with tempfile.TemporaryDirectory() as directory, default_settings() as settings:
        settings.disable_filters("detect_secrets.filters.allowlist.is_line_allowlisted")
        for name, distinct in parts.items():
            file, numbered = Path(directory, name), list(distinct.values())
            file.write_text("\n".join(" ".join(text.splitlines()) for text in distinct), encoding="utf-8")
            collection = SecretsCollection()
            collection.scan_file(str(file))
            for _, secret in collection:
                yield Finding(secret.type, secret.secret_value, numbered[secret.line_number - 1])


def allowed_in(repository: Path) -> list[dict[str, str]]:
    """Return what is allowed: a pattern of its path, one of its value, and the reason."""
    file = repository / ALLOWED
    allowed: list[dict[str, str]] = tomllib.loads(file.read_text())["allowed"] if file.exists() else []
    return allowed


def main() -> int:
    """Return 1 if there is what looks like a secret and is not allowed, or if there is no need to allow something."""
    repository, needed, leaks = Path.cwd(), set(), []
    if not (repository / ".git").exists():
        print("This is no clone of git: it was not searched for secrets.")
        return 0
    allowed = allowed_in(repository)
    for found in findings(line for part in (lines_of_the_files, lines_of_the_history) for line in part(repository)):
        alike = [one for one in allowed if re.fullmatch(one["where"], found.line.path)]
        reasons = [one["why"] for one in alike if re.fullmatch(one["what"], found.value)]
        needed.update(reasons)
        if not reasons:
            leaks.append(found)

    shallow = git(repository, "rev-parse", "--is-shallow-repository").strip() == "true"
    idle = [] if shallow else [one["why"] for one in allowed if one["why"] not in needed]
    print(f"{len(leaks)} secrets in the files and in {git(repository, 'rev-list', '--count', 'HEAD').strip()} commits.")
    if shallow:
        print("This clone is shallow: older commits were not searched.")
    for found in leaks:
        print(f"  {found}. Revoke it if it is a secret; if it is none, say why in {ALLOWED}.")
    for why in idle:
        print(f"  {ALLOWED} allows what is not there: {why}.")
    return 1 if leaks or idle else 0


if __name__ == "__main__":
    sys.exit(main())
