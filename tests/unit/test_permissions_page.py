"""No policy changes unseen: docs/permissions.md is what template.yaml says, and shows each of its lines."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types
from yaml import YAMLError  # type: ignore[import-untyped]  # the same

from local.permissions import PAGE, TEMPLATE, blocks, page, section, section_of

BLOCKS = {name: block for name, block in blocks(TEMPLATE.read_text()).items() if section(name, block)}


def test_page_shows_the_policies_as_they_are() -> None:
    """To write it: `PYTHONPATH=. .venv/bin/python -m local.permissions`."""
    assert PAGE.read_text() == page(TEMPLATE.read_text())


def test_every_policy_is_looked_at() -> None:
    """Whatever has statements; the eight functions' roles, and what a person or a service may do to a resource."""
    with_statements = {name for name, block in blocks(TEMPLATE.read_text()).items() if "Statement:" in block}

    assert with_statements | {"RotateFunctionPermission"} == BLOCKS.keys()
    assert len([name for name in BLOCKS if name.endswith("FunctionRole")]) == 8


@pytest.mark.parametrize("name", BLOCKS)
def test_any_line_taken_away_shows(name: str) -> None:
    """Or what remains can't be read as a template."""
    lines = BLOCKS[name].splitlines()
    unseen = []
    for number, line in enumerate(lines):
        if number and line.strip() and not line.strip().startswith("#"):
            rest = "\n".join([*lines[:number], *lines[number + 1 :]])
            if shown(section, name, rest) == section(name, BLOCKS[name]):
                unseen.append(line)

    assert unseen == []


@pytest.mark.parametrize("name", BLOCKS)
def test_any_change_within_a_line_shows(name: str) -> None:
    """Each action, resource and condition taken away, widened to everything, or given another beside it."""
    resource = yaml_parse(BLOCKS[name])[name]
    whole = section_of(name, resource, {})
    changed = list(changes(resource))

    assert len(changed) > 10
    assert [str(one) for one in changed if shown(section_of, name, one, {}) == whole] == []


def shown(function: Callable[..., str], *arguments: Any) -> str:
    """Return what the page would show, or why it cannot show anything, which is seen, too."""
    try:
        return function(*arguments)
    except (YAMLError, KeyError, TypeError, AttributeError, ValueError) as exc:
        return f"no template: {exc!r}"


def changes(value: Any) -> Iterator[Any]:
    """Yield every value that differs from this one in one place."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield {other: copy.deepcopy(kept) for other, kept in value.items() if other != key}
            yield from ({**value, key: changed} for changed in changes(each))
        if "Effect" in value:
            yield {**value, "NotAction": "s3:GetObject"}
    elif isinstance(value, list):
        yield [*value, "s3:DeleteObject"]
        for number, each in enumerate(value):
            yield [*value[:number], *value[number + 1 :]]
            yield from ([*value[:number], changed, *value[number + 1 :]] for changed in changes(each))
    else:
        yield "*" if value != "*" else "s3:*"
