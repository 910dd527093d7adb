"""What the page says of the tables, and what it says if it cannot read them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.ministack import MiniStack
from tests.functional.page.conftest import PageFunction
from tests.unit.page.items import item_of, live_of

SWITCHED = item_of(
    "SWITCHED",
    "2026-11-24T10:00:00.000Z",
    object_uri="s3://bucket/penguins/live.csv",
    in_service=True,
    switched_at="2026-11-24T13:00:00.000Z",
    switched_by="track function (SwitchPolicy Automatic)",
)


@pytest.fixture
def penguins(page_function: PageFunction, aws: MiniStack) -> PageFunction:
    """Give the function; one model has a live job."""
    aws.client("secretsmanager").create_secret(Name=f"{page_function.prefix}/penguins", SecretString="{}")
    page_function.put(SWITCHED)
    page_function.models.put_item(Item=live_of(SWITCHED))
    return page_function


def section(html: str, name: str) -> str:
    """Return a section's text, without markup."""
    found = re.search(rf'<section aria-label="{name}">(.*?)</section>', html, re.DOTALL)
    assert found, name
    text = re.sub(r"<cwdb-action.*?</cwdb-action>|<title>.*?</title>|<[^>]+>", " ", found[1], flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def test_empty_stack_says_what_a_model_is(page_function: PageFunction) -> None:
    """Nothing is wrong, and nothing is there."""
    html = page_function.show()

    assert "Nothing. All files are on their way or done." in section(html, "Needs a person")
    assert "A model is a secret with its API key" in section(html, "Models")
    assert "No file has landed yet." in section(html, "Latest files")


def test_model_shows_what_is_live_and_what_came_after(penguins: PageFunction) -> None:
    """File, version, since when in the viewer's time zone, by whom; and where the newest file stands."""
    newer = item_of(
        "TRAINING", "2026-11-25T10:00:00.000Z", object_uri="s3://bucket/penguins/newer.csv", open_job="open"
    )
    penguins.put(newer)

    row = section(penguins.show(), "Models")

    assert "live.csv penguins/ · version version 24 Nov 22:00 track function (SwitchPolicy Automatic)" in row
    assert "newer.csv In training" in row


def test_file_of_a_model_without_a_secret_is_not_forgotten(penguins: PageFunction) -> None:
    """Its e-mail may be overlooked: given up, refused outside any folder, or waiting for a key."""
    usual: dict[str, Any] = {"model": "nobody", "pending_since": "2026-11-25T10:00:00.000Z"}
    penguins.put(
        item_of("RETRYING", object_uri="s3://b/nobody/1.csv", given_up_at="2026-11-25T11:00:00.000Z", model="nobody"),
        item_of("REJECTED", object_uri="s3://b/2.csv", model=None, expires_at=4_000_000_000),
        item_of("RETRYING", object_uri="s3://b/nobody/3.csv", error_code="API_KEY_UNAVAILABLE", **usual),
    )

    urgent = section(penguins.show(), "Needs a person")

    assert [f"{number}.csv" in urgent for number in (1, 2, 3)] == [True] * 3
    assert urgent.count("Redrive") == 1


def test_half_that_waits_is_shown(penguins: PageFunction) -> None:
    """With the time since it landed."""
    penguins.put(item_of("WAITING", object_uri="s3://b/penguins/w47/", pending_since="2026-11-25T10:00:00.000Z"))

    assert "w47/" in section(penguins.show(), "Waiting for the other half")


def test_file_shows_its_reason_its_next_step_and_the_command(penguins: PageFunction) -> None:
    """What the e-mail says, and a button."""
    item = item_of("RETRYING", given_up_at="2026-11-25T11:00:00.000Z", error_message="It is down.", error_code="X")
    penguins.put(item)

    html = penguins.show(view="file", object_uri=item["object_uri"], object_version="version")

    advice = section(html, "What to do")
    assert "We gave up on this file after 1 attempts." in advice
    assert "Reason: It is down. (X)" in advice
    assert "<pre>p1-retrain --stack &#39;a stack&#39; redrive " in html
    assert "Given up" in advice
    assert html.count(">Redrive</button>") == 1


def test_file_that_is_not_there_says_so(penguins: PageFunction) -> None:
    """Its entry was deleted after a year, say."""
    html = penguins.show(view="file", object_uri="s3://b/k", object_version="v")

    assert "There is no entry of this file and version." in html


def test_description_is_markdown(page_function: PageFunction) -> None:
    """CloudWatch asks for it when somebody adds the widget."""
    assert page_function.show(describe=True).startswith("## Prediction One Retrain")


def test_table_that_cannot_be_read_is_named(penguins: PageFunction) -> None:
    """The rest of the page is there."""
    penguins.models.delete()

    html = penguins.show()

    assert "What is live cannot be shown." in html
    assert f"The table {penguins.models.name} could not be read" in html
    assert "Not known" in section(html, "Models")
    assert "None yet" not in html
    assert "live.csv" in section(html, "Latest files")
