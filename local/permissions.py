"""Writes docs/permissions.md from template.yaml: `PYTHONPATH=. .venv/bin/python -m local.permissions`.

Every line of every policy shows on the page: a test compares the two, so no policy changes unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]  # it ships no types
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]  # the same
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # the same

_REPOSITORY = Path(__file__).resolve().parents[1]
TEMPLATE = _REPOSITORY / "template.yaml"
PAGE = _REPOSITORY / "docs" / "permissions.md"

_INTRODUCTION = """\
# Who may do what

Every statement of every policy in `template.yaml`, written by `PYTHONPATH=. .venv/bin/python -m local.permissions`.
`tests/unit/test_permissions_page.py` fails on any difference, and on any line of a policy that would not show here.
That no action is too many is what `tests/e2e/test_permissions.py` and `tests/e2e/command_line/test_rights.py` show:
they take each away, and something fails. `secretsmanager:secret:x` and the like are ARNs in the stack's region and
account; other names are resources and parameters of the template. The last roles are SAM's, one for each schedule.
"""
_NOTHING = {"Ref": "AWS::NoValue"}
_HEADER = "| Statement | Effect | Actions | Resources | Only if |\n|---|---|---|---|---|"
_OWN_ARN = re.compile(r"arn:\$\{AWS::Partition\}:(\w+):\$\{AWS::Region\}:\$\{AWS::AccountId\}:")
_SHOWN = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_POLICIES = re.compile(r"AWS::(IAM::|Lambda::Permission|\w+::\w*Policy$)")


def page(template: str) -> str:
    """Return the page of a template."""
    written, parsed = blocks(template), yaml_parse(template)
    parsed["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions"  # SAM knows only what was built
    made = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1")).translate(parsed, {})[
        "Resources"
    ]
    sections = [section(name, block) for name, block in written.items()]
    sections += [section_of(name, each, {}) for name, each in made.items() if name not in written]
    return "\n".join([_INTRODUCTION, *filter(None, sections)])


def blocks(template: str) -> dict[str, str]:
    """Return the text of each resource."""
    resources = template.partition("\nResources:\n")[2].partition("\nOutputs:\n")[0]
    pieces = re.split(r"^(?=  \w+:$)", resources, flags=re.MULTILINE)
    return {piece.split(":", 1)[0].strip(): piece for piece in pieces if piece.startswith("  ") and ":" in piece}


def section(name: str, block: str) -> str:
    """Return what the page says of one resource, or nothing if it has no policy."""
    resource: dict[str, Any] = yaml_parse(block)[name]
    return section_of(name, resource, reasons(block))


def section_of(name: str, resource: dict[str, Any], why: dict[str, str]) -> str:
    """Return the same, of a resource that was read, with the comments on its statements."""
    policies = list(_policies_in(resource.get("Properties", {}), ()))
    if not policies and not _POLICIES.match(resource.get("Type", "")):
        return ""
    lines = [f"## {name}", ""]
    lines += [
        f"- {key.removeprefix('Properties.')}: {_text(value)}" for key, value in _flat(_without_policies(resource), ())
    ]
    for path, policy in policies:
        version = _text({key: value for key, value in policy.items() if key != "Statement"})
        lines += ["", f"{', '.join(filter(None, [path, version]))}:", "", _HEADER]
        lines += [_row(statement, why) for statement in policy["Statement"]]
    return "\n".join([*lines, ""])


def reasons(block: str) -> dict[str, str]:
    """Return what comments say of each statement: before it, at its name, at its lines."""
    why: dict[str, list[str]] = {}
    before: list[str] = []
    sid = ""
    for line in block.splitlines():
        if comment := re.fullmatch(r"\s*# (.*)", line):
            before.append(comment[1])
            continue
        if found := re.search(r"- (?:\{)?Sid: (\w+)", line):
            sid = found[1]
            why[sid] = before
        before = []
        if sid and (comment := re.search(r" # (.*)", line)):
            why[sid].append(comment[1])
    return {sid: "; ".join(comments) for sid, comments in why.items()}


def _policies_in(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each policy document in a resource's properties, and where it stands."""
    if isinstance(value, dict) and "Statement" in value:
        yield ".".join(path), value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _policies_in(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _policies_in(each, (*path, str(number)))


def _without_policies(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_policies(each) for key, each in value.items() if key != "Statement"}
        return {key: each for key, each in kept.items() if key != "Version"}
    return [_without_policies(each) for each in value] if isinstance(value, list) else value


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the plain values in nested ones; what CloudFormation works out is one."""
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        for key, each in value.items():
            yield from _flat(each, (*path, key))
    elif isinstance(value, list) and any(isinstance(each, dict) and "PolicyName" in each for each in value):
        for number, each in enumerate(value):
            yield from _flat(each, (*path, str(number)))
    else:
        yield ".".join(path), value


def _row(statement: Any, why: dict[str, str]) -> str:
    """Return a statement as a row; one that CloudFormation may leave out says on which condition it is there."""
    only_if = []
    while isinstance(statement, dict) and "Fn::If" in statement:
        condition, then, otherwise = statement["Fn::If"]
        only_if.append(f"{condition} holds" + ("" if otherwise == _NOTHING else f", else {otherwise}"))
        statement = then
    if not isinstance(statement, dict):
        return f"| {statement} |"
    who = f" {_text(statement['Principal'])}" if "Principal" in statement else ""
    sid = statement.get("Sid", "")
    cells = [
        f"{sid}: {why[sid]}" if why.get(sid) else sid,
        ("**Deny**" if statement.get("Effect") == "Deny" else str(statement.get("Effect"))) + who,
        *(_text(statement[key]) if key in statement else "" for key in ("Action", "Resource")),
        "; ".join([*only_if, *(_text({key: value}) for key, value in statement.get("Condition", {}).items())]),
        *(_text({key: value}) for key, value in statement.items() if key not in _SHOWN),
    ]
    return f"| {' | '.join(cells)} |"


def _text(value: Any) -> str:
    """Return a value of the template in code marks, its functions in short."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        return ", ".join(f"{key} {_text(each)}" for key, each in value.items())
    return f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return str(argument)
        if function == "Fn::GetAtt":
            return argument if isinstance(argument, str) else ".".join(argument)
        if function == "Fn::If" and len(argument) == 3:  # noqa: PLR2004 - condition, then, else
            return f"{_plain(argument[1])} if {argument[0]} else {_plain(argument[2])}"
        if function == "Fn::Sub":
            pattern, names = argument if isinstance(argument, list) else (argument, {})
            for name, each in names.items():
                pattern = pattern.replace(f"${{{name}}}", f"${{{_plain(each)}}}")
            return _OWN_ARN.sub(r"\1:", pattern)
    return str(value)


if __name__ == "__main__":
    PAGE.write_text(page(TEMPLATE.read_text()))
