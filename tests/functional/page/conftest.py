"""The page function as CloudWatch invokes it, on tables of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import page_handler
from local.ministack import MiniStack
from tests.conftest import EVENTS
from tests.functional.conftest import AwsCall, Invocation
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PAGE_ARN = "arn:aws:lambda:us-east-1:000000000000:function:page"


@dataclass
class PageFunction:
    """The page function, cold, and what it reads.

    Attributes
    ----------
    prefix
        Of the models' secrets.
    calls
        The AWS calls that it made so far.
    """

    jobs: Table
    models: Table
    prefix: str
    calls: list[AwsCall]

    def show(self, **asked: Any) -> str:
        """Invoke it as CloudWatch does, and return its HTML."""
        event = json.loads((EVENTS / "page_widget.json").read_text())
        context = Invocation(str(uuid.uuid4()), 60, "page", invoked_function_arn=PAGE_ARN)
        html: str = page_handler.handler({**event, **asked}, cast("LambdaContext", context))
        return html

    def put(self, *items: dict[str, Any]) -> None:
        """Put items into the jobs table."""
        with self.jobs.batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)


@pytest.fixture
def page_function(cold_function: Callable[..., list[AwsCall]], aws: MiniStack, model: str) -> PageFunction:
    """Give the page function, cold; there is no model yet."""
    jobs, models = (create_table(aws, f"{kind}Table", f"{kind}-{model}") for kind in ("Jobs", "Models"))
    calls = cold_function(
        page_handler.dependencies,
        JOBS_TABLE_NAME=jobs.name,
        MODELS_TABLE_NAME=models.name,
        SECRET_PREFIX=f"page-{model}",
        STACK_NAME="a stack",
        SWITCH_FUNCTION_ARN="arn:aws:lambda:us-east-1:000000000000:function:switch",
        SWITCH_POLICY="Manual",
        UPLOAD_FUNCTION_ARN="arn:aws:lambda:us-east-1:000000000000:function:upload",
    )
    return PageFunction(jobs, models, f"page-{model}", calls)


@pytest.fixture
def many_models(page_function: PageFunction, aws: MiniStack) -> list[str]:
    """Give 50 models with a secret each."""
    names = [f"model-{number:02}" for number in range(50)]
    for name in names:
        aws.client("secretsmanager").create_secret(Name=f"{page_function.prefix}/{name}", SecretString="{}")
    return names
