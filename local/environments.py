"""A deployed function's environment variables, and how to change some for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local.stack import LocalStack


@contextmanager
def environment_with(stack: LocalStack, function: str, **variables: str) -> Iterator[None]:
    """Give a function, named as its output (for example `upload`), other values of some variables for a while."""
    functions, name = stack.aws.client("lambda"), stack.outputs[f"{function.capitalize()}FunctionName"]
    whole = functions.get_function_configuration(FunctionName=name)["Environment"]
    changed = {"Variables": {**whole["Variables"], **variables}}
    functions.update_function_configuration(FunctionName=name, Environment=changed)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment=whole)
