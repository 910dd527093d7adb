"""Everything shown is escaped: each attribute is fed with markup, and no element is there that we did not write."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from retrain.page.request import FILE, MODEL, PageRequest
from tests.unit.page.items import HeldRecords, item_of, live_of, rendered

MARKUP = """</title></style></svg>"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e&lt;b&gt;"""

ATTRIBUTES = (
    *("object_uri", "object_version", "model", "filename", "size_bytes", "status", "retrain_job_id", "attempts"),
    *("landed_at", "updated_at", "uploaded_at", "finished_at", "switched_at", "switched_by", "given_up_at"),
    *("service_status", "service_message", "model_id", "waits_for", "result_uri", "error_code", "error_message"),
    *("pending_since", "open_job", "upload_started_at"),
)

STATUSES = ("TRAINING", "REJECTED", "FINISHED", "SWITCHED", "RETRYING")


class Elements(HTMLParser):
    """Collects what a browser would make of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect an element and its attributes' names."""
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text.append(data)


def elements_of(html: str) -> Elements:
    """Return what is in HTML."""
    found = Elements()
    found.feed(html)
    found.close()
    return found


def item_with(status: str, **values: Any) -> dict[str, Any]:
    """Return an item that has every attribute."""
    usual = {name: "x" for name in ATTRIBUTES if name not in ("status", "model", "given_up_at")}
    usual |= {"landed_at": "2026-11-25T10:00:00.000Z"}
    return item_of(status, **{**usual, **values})


def views_of(item: dict[str, Any]) -> list[str]:
    """Return every view that shows an item, wide and narrow."""
    model = str(item["model"])
    records = HeldRecords([item], {model: live_of(item)}, [model])
    key = {"object_uri": item["object_uri"], "object_version": item["object_version"]}
    requests = [PageRequest(), PageRequest(MODEL, model=model), PageRequest(FILE, **key)]
    return [rendered(records, request, is_narrow=narrow) for request in requests for narrow in (False, True)]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", ATTRIBUTES)
def test_markup_in_an_attribute_adds_no_element(name: str, status: str) -> None:
    """Neither an element nor an attribute that the same page does not have without it."""
    known = [elements_of(html) for html in views_of(item_with(status))]
    fed = {**item_with("RETRYING" if name == "given_up_at" else status), name: MARKUP}

    found = [elements_of(html) for html in views_of(fed)]

    forbidden = {"script", "img", "b"}
    assert [forbidden & elements.tags.keys() for elements in found] == [set()] * len(found)
    allowed = set().union(*(elements.tags.keys() for elements in known)) | {"path", "pre"}
    assert set().union(*(elements.tags.keys() for elements in found)) <= allowed
    assert "onerror" not in set().union(*(elements.attributes for elements in found))


def test_markup_is_shown_as_it_is() -> None:
    """A person who looks for the file finds the name that it has."""
    uri = f"s3://bucket/penguins/{MARKUP.replace('/', '|')}.csv"

    found = elements_of(views_of(item_with("REJECTED", object_uri=uri))[0])

    assert uri.rpartition("/")[2] in found.text


def test_request_is_escaped_too() -> None:
    """Whoever may invoke the function may send anything, and a colleague may look at it."""
    key = {"object_uri": MARKUP, "object_version": MARKUP}
    requests = [PageRequest(MODEL, model=MARKUP, before=MARKUP), PageRequest(FILE, **key)]

    found = [elements_of(rendered(HeldRecords(), request)) for request in requests]

    assert [elements.tags.keys() & {"script", "img", "b"} for elements in found] == [set(), set()]
