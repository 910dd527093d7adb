"""The page in a real browser, on the deployed stack: what people see, and what a click does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import STACK_NAME, LocalStack
from tests.e2e.conftest import CSV, given_up_at_once
from tests.e2e.page.browser import NARROW, WIDE, Widget
from tests.e2e.page.scene import AWKWARD_NAMES, put, put_a_week
from tests.e2e.policies import without_action
from tests.e2e.tracking.tracking import begin, finish, in_service, invoke, make_due

OpenPage = Callable[..., Widget]


@pytest.fixture(scope="module")
def week(stack: LocalStack) -> LocalStack:
    """Give the stack after a week of a small team."""
    put_a_week(stack)
    return stack


@pytest.fixture(scope="module")
def crowd(week: LocalStack) -> LocalStack:
    """Give the stack with 50 models, and files of awkward names."""
    for number in range(46):
        week.add_model(f"store-{number:02}")
    for index, name in enumerate(AWKWARD_NAMES.values()):
        code = {"error_code": name[:200], "error_message": name, "service_message": name}
        put(week, "store-07", name, "REJECTED", 0.5 - index / 100, **code, expires_at=2**33)
    return week


def test_empty_stack_is_explained(open_page: OpenPage) -> None:
    """Before anything is there: it runs first."""
    widget = open_page()
    widget.save("empty")

    assert "Nothing. All files are on their way or done." in widget.section("Needs a person").inner_text()
    assert "No model yet" in widget.section("Models").inner_text()


def test_dashboard_has_the_page_on_top(stack: LocalStack) -> None:
    """All that it names is there."""
    body = stack.aws.client("cloudwatch").get_dashboard(DashboardName=STACK_NAME)["DashboardBody"]
    endpoint = json.loads(body)["widgets"][0]["properties"]["endpoint"]

    assert endpoint.endswith(f":function:{stack.outputs['PageFunctionName']}")
    assert "${" not in body
    assert stack.outputs["DashboardUrl"].endswith(f"#dashboards/dashboard/{STACK_NAME}")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.usefixtures("week")
def test_overview_fits_the_theme_and_the_width(open_page: OpenPage, theme: str, width: int) -> None:
    """Nothing is cut off at the side, and every text is legible on its ground."""
    widget = open_page(theme=theme, width=width)
    widget.save(f"overview-{theme}-{'wide' if width == WIDE else 'narrow'}")

    assert widget.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert widget.content.locator(f".p1.{theme}").count() == 1
    assert min(widget.tab.evaluate(CONTRASTS)) >= 4.5


@pytest.mark.usefixtures("week")
def test_three_questions_are_answered_by_looking(open_page: OpenPage) -> None:
    """What is live, did last night's retrain work, and why not: the third within one click, with the command."""
    widget = open_page()
    live = widget.section("Models").get_by_role("row", name="penguins").inner_text()
    night = widget.section("Latest files").get_by_role("row", name="daily.csv").inner_text()
    widget.click("prices.csv", widget.section("Needs a person"))
    widget.save("file")
    why = widget.section("What to do").inner_text()

    assert re.search(r"daily\.csv.*\d+ \w+ \d\d:\d\d.*track function", live.replace("\n", " "))
    assert "Live" in night
    assert "Reason: Prediction One answered HTTP 503." in why
    assert "p1-retrain redrive" in why


@pytest.mark.usefixtures("week")
def test_time_is_that_of_the_viewer(open_page: OpenPage) -> None:
    """The dashboard's time zone, in Tokyo or UTC."""
    widget = open_page()
    tokyo = widget.content.inner_text()
    widget.tab.locator("#zone").click()
    widget.content.get_by_text("UTC", exact=False).first.wait_for()
    wait_for("the other zone", lambda: "UTC+09:00" not in widget.content.inner_text())

    assert "UTC+09:00" in tokyo


@pytest.mark.usefixtures("week")
def test_click_leads_to_a_model_and_back(open_page: OpenPage) -> None:
    """A model, one of its files, the model again, the overview."""
    widget = open_page()

    widget.click("churn-eu", widget.section("Models"))
    widget.save("model")
    files = widget.section("Files").inner_text()
    widget.click("customers.csv", widget.section("Files"))
    history = widget.section("What to do").inner_text()
    widget.click("churn-eu")
    widget.click("← All models")

    assert files.count("customers.csv") == 2
    assert "Retraining finished" in history
    assert widget.section("Latest files").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.usefixtures("crowd")
def test_many_models_and_awkward_names_are_shown_as_they_are(open_page: OpenPage, theme: str) -> None:
    """50 models; no name makes an element, breaks the layout or reorders its neighbours."""
    widget = open_page(theme=theme)
    widget.save(f"crowd-{theme}")
    shown = widget.section("Latest files").locator("bdi").all_inner_texts()

    assert widget.section("Models").locator("tbody tr").count() == 50
    assert [name for name in AWKWARD_NAMES.values() if name not in shown] == []
    assert widget.content.locator("img, script, iframe, b").count() == 0
    assert widget.tab.evaluate("document.documentElement.scrollWidth") <= WIDE


@pytest.mark.parametrize("name", AWKWARD_NAMES.values(), ids=AWKWARD_NAMES)
@pytest.mark.usefixtures("crowd")
def test_click_on_an_awkward_name_finds_its_file(open_page: OpenPage, name: str) -> None:
    """The key in the `cwdb-action` is the file's own."""
    widget = open_page(width=NARROW)

    widget.section("Latest files").locator("button", has=widget.tab.get_by_text(name, exact=True)).first.click()
    widget.content.locator("h1", has_text=name[:20]).wait_for()

    assert widget.content.locator("h1").inner_text() == name
    assert widget.content.locator("img, script, iframe, b").count() == 0
    assert widget.tab.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_missing_permission_is_named(open_page: OpenPage, week: LocalStack) -> None:
    """The rest of the page is there."""
    with without_action(week, "page", "dynamodb:BatchGetItem"):
        widget = open_page()
        widget.save("missing-permission")

        alert = widget.content.get_by_role("alert").inner_text()

    assert "What is live cannot be shown." in alert
    assert "must allow dynamodb:BatchGetItem" in alert
    assert "customers.csv" in widget.section("Latest files").inner_text()


def finished(stack: LocalStack, model: str) -> dict[str, Any]:
    """Return a job that has finished and is not live."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)
    make_due(stack, job)
    invoke(stack, "Track")
    return job


def test_operator_makes_a_model_live_and_a_viewer_cannot(open_page: OpenPage, week: LocalStack, model: str) -> None:
    """A question first; a viewer, and somebody without any policy, get a plain message."""
    job = finished(week, model)
    said = {}
    for person in ("viewer", "operator"):
        widget = open_page(person)
        row = widget.section("Needs a person").get_by_role("row", name=model)
        row.get_by_role("button", name="Make live").click()
        said[person] = widget.agree()
        if person == "viewer":
            assert in_service(week, model) == []

    assert "AccessDenied" in said["viewer"]
    assert '"status": "SWITCHED"' in said["operator"]
    assert in_service(week, model) == [job["retrain_job_id"]]
    assert "AccessDenied" in open_page("nobody").content.inner_text()


def test_operator_redrives_a_file_and_a_viewer_cannot(
    open_page: OpenPage, week: LocalStack, model: str, wait_for_job: Callable[..., dict[str, Any]]
) -> None:
    """The file is sent, and its message is no longer in the dead-letter queue."""
    sqs, queue_url = week.aws.client("sqs"), week.outputs["UploadDeadLetterQueueUrl"]
    with given_up_at_once(week):
        uri = week.land(f"{model}/data.csv", CSV)
        wait_for("the file to be given up", lambda: [job for job in week.jobs(uri) if "given_up_at" in job])
        wait_for("its message", lambda: _messages(sqs, queue_url))
    week.add_model(model)
    said = {}
    for person in ("viewer", "operator"):
        widget = open_page(person)
        row = widget.section("Needs a person").get_by_role("row", name=model)
        row.get_by_role("button", name="Redrive").click()
        said[person] = widget.agree()

    assert "AccessDenied" in said["viewer"]
    assert '"status": "RETRYING"' in said["operator"]
    assert wait_for_job(uri, "TRAINING")
    assert _messages(sqs, queue_url) == 0


def test_question_can_be_declined(open_page: OpenPage, week: LocalStack, model: str) -> None:
    """Then nothing happens."""
    finished(week, model)
    widget = open_page("operator")

    row = widget.section("Needs a person").get_by_role("row", name=model)
    row.get_by_role("button", name="Make live").click()
    widget.tab.locator("#question").get_by_role("button", name="Cancel").click()

    assert widget.tab.locator("#popup[open]").count() == 0
    assert in_service(week, model) == []


def _messages(sqs: Any, queue_url: str) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


CONTRASTS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("#widget *")].filter(
    (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
      && element.offsetParent && !element.closest("svg, style"));
  return texts.map((element) => {
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  });
}"""
"""The contrast of every text with its ground; WCAG 2.2 asks for 4.5 (success criterion 1.4.3)."""
