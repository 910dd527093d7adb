"""One stack for all tests of the page, people with each policy, and a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.config import Config
from playwright.sync_api import Browser

from local.page_host import PageHost
from local.stack import LocalStack
from tests.conftest import NOT_TESTED
from tests.e2e.page.browser import NAMES, WIDE, Widget, chromium, find_browser

POLICIES: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "viewer": ("ViewerPolicyArn",),
    "operator": ("ViewerPolicyArn", "OperatorPolicyArn"),
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run a browser."""
    if find_browser() is None:
        pytest.skip(f"The page in a browser is {NOT_TESTED}: this machine has no Chromium (none of {', '.join(NAMES)})")
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def stack(browser: Browser, start: Callable[..., LocalStack]) -> Iterator[LocalStack]:  # noqa: ARG001 - no stack without one
    """Give a stack of its own: the page shows all that is in it."""
    with start(MaxConcurrentUploads="10") as running:
        yield running


@pytest.fixture(scope="package")
def hosts(stack: LocalStack) -> Iterator[dict[str, PageHost]]:
    """Give the host of the page of each person, with that person's rights."""
    iam = stack.aws.client("iam")
    with ExitStack() as running:
        found = {}
        for person, policies in POLICIES.items():
            iam.create_user(UserName=person)
            for policy in policies:
                iam.attach_user_policy(UserName=person, PolicyArn=stack.outputs[policy])
            functions = _functions(stack, iam.create_access_key(UserName=person)["AccessKey"])
            found[person] = running.enter_context(PageHost(functions, stack.outputs["PageFunctionName"]))
        yield found


def _functions(stack: LocalStack, key: dict[str, str]) -> Any:
    """Return a Lambda client with a person's rights."""
    return boto3.Session().client(
        "lambda",
        endpoint_url=stack.aws.endpoint_url,
        verify=str(stack.aws.ca_bundle),
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name="us-east-1",
        config=Config(read_timeout=60, retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def open_page(browser: Browser, hosts: dict[str, PageHost]) -> Iterator[Callable[..., Widget]]:
    """Give a function that opens the page as a person; at the end, no script of an answer has run in any tab."""
    with ExitStack() as opened:
        tabs = []

        def open_as(person: str = "viewer", theme: str = "light", width: int = WIDE) -> Widget:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if theme == "dark" else "light",
                timezone_id="Asia/Tokyo",
                device_scale_factor=1,
            )
            opened.callback(context.close)
            tab = context.new_page()
            tabs.append(tab)
            tab.goto(hosts[person].url)
            widget = Widget(tab)
            widget.settle()
            return widget

        yield open_as
        assert [tab.evaluate("window.broken") for tab in tabs] == [None] * len(tabs)
