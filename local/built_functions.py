"""The functions that `sam build` made, as the built template defines them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from local.lambda_function import Definition, LambdaFunction

if TYPE_CHECKING:
    from types import TracebackType

FUNCTIONS = ("upload", "track", "switch", "announce", "rotate", "watch", "reconcile", "page")


class BuiltFunctions:
    """All of them, each started by its first invocation; a context manager.

    Parameters
    ----------
    template
        The built one.
    known
        What a `!Ref` or `!GetAtt` in it gives: resources by logical id, and parameters that do not keep their default.
        All conditions are taken as true.
    aws
        The variables that lead a function to AWS.
    work_dir
        An existing directory for their output.
    """

    def __init__(self, template: Path, known: Mapping[str, str], aws: Mapping[str, str], work_dir: Path) -> None:
        self._build_dir = template.parent
        self._template: Mapping[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
        parameters = self._template["Parameters"].items()
        self._known = {**{name: str(parameter.get("Default")) for name, parameter in parameters}, **known}
        self._aws = aws
        self._work_dir = work_dir
        self._started: list[LambdaFunction] = []
        self._running = ExitStack()
        self._shared = {name: self.another(name) for name in FUNCTIONS}

    def __enter__(self) -> Self:
        """Do nothing: each function starts when it is invoked."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all their processes."""
        self._running.close()

    def __getitem__(self, name: str) -> LambdaFunction:
        """Return a function as all tests use it."""
        return self._shared[name]

    def another(self, name: str, **variables: str) -> LambdaFunction:
        """Return a function with other values of some variables."""
        defined = self.definition(name)
        definition = replace(defined, variables={**defined.variables, **variables})
        work_dir = self._work_dir / f"{len(self._started)}"
        work_dir.mkdir()
        self._started.append(self._running.enter_context(LambdaFunction(definition, work_dir, self._aws)))
        return self._started[-1]

    def definition(self, name: str) -> Definition:
        """Return what the built template says of a function."""
        own = self._template["Resources"][f"{name.capitalize()}Function"]["Properties"]
        of_all = self._template["Globals"]["Function"]["Environment"]["Variables"]
        variables = {**of_all, **own["Environment"]["Variables"]}
        return Definition(
            name=name,
            task_root=self._build_dir / own["CodeUri"],
            handler=own["Handler"],
            memory_mb=own["MemorySize"],
            timeout_seconds=own["Timeout"],
            variables={variable: self._value(given) for variable, given in variables.items()},
        )

    def output(self) -> str:
        """Return all that they wrote."""
        return "".join(function.output() for function in self._started)

    @property
    def user_agents(self) -> set[str]:
        """Return how the runtime clients called themselves."""
        return {function.user_agent for function in self._started} - {""}

    def _value(self, given: str | Mapping[str, Any]) -> str:
        if isinstance(given, str):
            return given
        ((intrinsic, value),) = given.items()
        if intrinsic == "Fn::If":
            return self._value(value[1])
        text = value if isinstance(value, str) else ".".join(value)
        if text in self._known:
            return self._known[text]
        return re.sub(r"\$\{(.+?)\}", lambda name: self._known[name[1]], text)
