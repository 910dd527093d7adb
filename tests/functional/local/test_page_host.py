"""The host of the page: what it refuses, what it strips, and what it shows of a function that fails."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import requests
from botocore.exceptions import ClientError

from local.page_host import PageHost
from local.page_host.widget import clean


@dataclass
class Functions:
    """Lambda, with answers of its own.

    Attributes
    ----------
    invoked
        Which function was invoked, and with what.
    """

    answer: Any = "<p>hello</p>"
    error: str = ""
    invoked: list[tuple[str, Any]] = field(default_factory=list)

    def invoke(self, **request: Any) -> dict[str, Any]:
        """Answer, or fail."""
        if self.error == "AccessDeniedException":
            raise ClientError({"Error": {"Code": self.error, "Message": "not authorized"}}, "Invoke")
        self.invoked.append((request["FunctionName"], json.loads(request["Payload"])))
        failed = {"FunctionError": "Unhandled"} if self.error else {}
        body = {"errorMessage": self.error} if self.error else self.answer
        return {"Payload": io.BytesIO(json.dumps(body).encode()), **failed}


@pytest.fixture
def functions() -> Functions:
    """Give the functions that the host invokes."""
    return Functions()


@pytest.fixture
def host(functions: Functions) -> Iterator[PageHost]:
    """Run the host."""
    with PageHost(cast("Any", functions), "page") as running:
        yield running


def ask(host: PageHost, body: Any = None, **headers: str) -> requests.Response:
    """Ask the host to invoke, as its own script does, with other headers."""
    own = {"Origin": host.url, "Content-Type": "application/json"}
    given = json.dumps(body or {"event": {}}).encode()
    return requests.post(f"{host.url}/invoke", data=given, headers={**own, **headers}, timeout=5)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "localhost"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
    ids=str,
)
def test_foreign_request_is_refused(host: PageHost, functions: Functions, headers: dict[str, str]) -> None:
    """Another site in the same browser, also one whose name was bound to this address, invokes nothing."""
    refused = ask(host, **headers)

    assert (refused.status_code, functions.invoked) == (403, [])


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=str)
def test_foreign_site_does_not_get_the_page(host: PageHost, headers: dict[str, str]) -> None:
    """It is for the browser's address bar."""
    assert requests.get(host.url, headers=headers, timeout=5).status_code == 403


def test_request_without_an_origin_is_refused(host: PageHost, functions: Functions) -> None:
    """A browser sends one with every POST."""
    refused = requests.post(f"{host.url}/invoke", json={"event": {}}, timeout=5)

    assert (refused.status_code, functions.invoked) == (403, [])


def test_host_listens_on_loopback_only_and_lets_no_script_run(host: PageHost) -> None:
    """What a function answers cannot run or load anything, even if the cleaning missed it."""
    policy = requests.get(host.url, timeout=5).headers["Content-Security-Policy"]

    assert host.url.startswith("http://127.0.0.1:")
    assert "default-src 'none'; script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_page_function_is_invoked_unless_another_is_named(host: PageHost, functions: Functions) -> None:
    """As CloudWatch does for the widget, and for a `cwdb-action`."""
    ask(host, {"event": {"a": 1}})
    ask(host, {"event": {"b": 2}, "endpoint": "switch"})

    assert functions.invoked == [("page", {"a": 1}), ("switch", {"b": 2})]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("<p>hello</p>", {"kind": "html", "text": "<p>hello</p>"}),
        ({"markdown": "**hello**"}, {"kind": "markdown", "text": "**hello**"}),
        ({"status": "SWITCHED"}, {"kind": "json", "text": '{\n  "status": "SWITCHED"\n}'}),
        (None, {"kind": "json", "text": "null"}),
    ],
)
def test_answer_is_shown_by_its_kind(host: PageHost, functions: Functions, answer: Any, shown: dict[str, str]) -> None:
    """HTML, Markdown or JSON."""
    functions.answer = answer

    assert ask(host).json() == shown


@pytest.mark.parametrize(
    ("error", "text"),
    [("It is TRAINING.", "It is TRAINING."), ("AccessDeniedException", "AccessDeniedException: not authorized")],
)
def test_failure_is_a_plain_message(host: PageHost, functions: Functions, error: str, text: str) -> None:
    """The function's own words, or AWS's."""
    functions.error = error

    assert ask(host).json() == {"kind": "error", "text": text}


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<iframe src='https://evil.example'></iframe>",
        "<svg><use href='#x'></use></svg>",
        "<p onclick='alert(1)'>x</p>",
        "<img src='x' onerror='alert(1)'>",
        "<a href='javascript:alert(1)'>x</a>",
        "<object data='x'></object>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<form action='https://evil.example'><input name='x'></form>",
    ],
)
def test_what_could_run_is_stripped(html: str) -> None:
    """Scripts, frames, handlers, and addresses that are scripts."""
    cleaned = clean(html)

    forbidden = ("<script", "<iframe", "<use", "onclick", "onerror", "javascript:", "<object", "action=", "<math")
    assert [word for word in forbidden if word in cleaned] == []


def test_what_the_page_is_made_of_stays() -> None:
    """Style, drawings, and what a click does."""
    html = (
        '<div class="p1"><style>.p1 > b { color: red; }</style><svg viewBox="0 0 1 1"><line x1="0" y1="1"></line></svg>'
        '<button type="button">x</button><cwdb-action action="call" endpoint="arn:x" confirmation="a &amp; b">'
        '{"a": "\\u003cb\\u003e"}</cwdb-action></div>'
    )

    assert clean(html) == html
