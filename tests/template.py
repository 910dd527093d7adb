"""template.yaml with its conditions and parameters filled in, as CloudFormation does before it makes anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from tests.conftest import REPOSITORY

REGION, ACCOUNT, STACK = "us-east-1", "111122223333", "prediction-one-retrain"
_PSEUDO = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK, "AWS::Partition": "aws"}
_NOTHING = object()
"""`AWS::NoValue`: whatever has this value is left out."""


class FilledIn:
    """The template with some parameters; the others have their defaults.

    A reference to a resource is the resource's logical name, with the attribute if there is one.
    """

    def __init__(self, **parameters: str) -> None:
        self._template: dict[str, Any] = yaml_parse((REPOSITORY / "template.yaml").read_text())
        defaults = {name: str(of["Default"]) for name, of in self._template["Parameters"].items()}
        self._values: dict[str, Any] = {**defaults, **_PSEUDO, **parameters, "AWS::NoValue": _NOTHING}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources that would be made, by logical name."""
        found = self._template["Resources"]
        made = {name: one for name, one in found.items() if "Condition" not in one or self._holds(one["Condition"])}
        return {name: {"Type": one["Type"], "Properties": self._fill(one["Properties"])} for name, one in made.items()}

    @cached_property
    def function_globals(self) -> dict[str, Any]:
        """Return what all functions have in common."""
        filled: dict[str, Any] = self._fill(self._template["Globals"]["Function"])
        return filled

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of every resource of a type, by logical name."""
        return {name: one["Properties"] for name, one in self.resources.items() if one["Type"] == kind}

    def _holds(self, condition: str) -> bool:
        return bool(self._fill(self._template["Conditions"][condition]))

    def _fill(self, value: Any) -> Any:
        if isinstance(value, list):
            return [filled for one in value if (filled := self._fill(one)) is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), *_ = value.items()
            functions: Mapping[str, Callable[[Any], Any]] = {
                "Ref": lambda name: self._values.get(name, name),
                "Fn::GetAtt": lambda path: ".".join(path) if isinstance(path, list) else path,
                "Fn::If": lambda one: self._fill(one[1] if self._holds(one[0]) else one[2]),
                "Fn::Equals": lambda pair: str(self._fill(pair[0])) == str(self._fill(pair[1])),
                "Fn::Not": lambda one: not self._fill(one[0]),
                "Fn::Split": lambda one: str(self._fill(one[1])).split(one[0]),
                "Fn::Sub": self._substitute,
            }
            if function in functions:
                return functions[function](argument)
        filled = {name: self._fill(one) for name, one in value.items()}
        return {name: one for name, one in filled.items() if one is not _NOTHING}

    def _substitute(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        values = {**self._values, **self._fill(own)}
        return re.sub(r"\$\{([^}]+)\}", lambda found: str(values.get(found[1], found[1])), text)
