"""Invokes functions as CloudWatch does for a custom widget, and cleans the HTML that they answer.

AWS documents that JavaScript "or other known security vulnerabilities" are removed, such as `<iframe>` and `<use>`
(CloudWatch user guide, "Security and JavaScript for custom CloudWatch widgets"), but not the whole list. This one is
stricter: what it does not know, it removes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nh3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_TAGS = {
    *("a", "b", "bdi", "br", "button", "code", "col", "colgroup", "dd", "details", "div", "dl", "dt", "em", "form"),
    *("h1", "h2", "h3", "hr", "i", "img", "input", "label", "li", "ol", "option", "p", "pre", "section", "select"),
    *("small", "span", "strong", "style", "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr"),
    *("u", "ul", "circle", "ellipse", "g", "line", "path", "polygon", "polyline", "rect", "svg", "text", "title"),
    *("tspan", "cwdb-action"),
}
_SHAPES = {
    *("class", "cx", "cy", "d", "fill", "height", "points", "r", "rx", "ry", "stroke", "stroke-width", "style"),
    *("text-anchor", "transform", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2"),
}
_ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "role", "style", "tabindex", "title", *_SHAPES},
    "a": {"href", "target"},
    "button": {"type", "disabled"},
    "cwdb-action": {"action", "confirmation", "display", "endpoint", "event"},
    "img": {"alt", "src"},
    "input": {"checked", "name", "placeholder", "type", "value"},
    "option": {"selected", "value"},
    "select": {"name"},
    "td": {"colspan", "rowspan"},
    "textarea": {"name"},
    "th": {"colspan", "rowspan", "scope"},
}
_WITH_CONTENT = {"iframe", "noscript", "object", "script", "template", "use"}


@dataclass(frozen=True)
class Answer:
    """What a function answered, ready to be shown.

    Attributes
    ----------
    kind
        `html`, `json`, `markdown` or `error`.
    text
        Clean HTML, or plain text.
    """

    kind: str
    text: str


def clean(html: str) -> str:
    """Return HTML without what could run or load anything."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_WITH_CONTENT,
        generic_attribute_prefixes={"aria-", "data-"},
        url_schemes={"https", "data"},
        strip_comments=True,
    )


def invoke(functions: LambdaClient, endpoint: str, event: Mapping[str, Any]) -> Answer:
    """Return what a function answers; if it fails, or may not be invoked, what AWS says of it."""
    try:
        answer = functions.invoke(FunctionName=endpoint, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
    except (ClientError, BotoCoreError) as exc:
        return Answer("error", _plain(exc))
    if "FunctionError" in answer:
        return Answer("error", str(payload.get("errorMessage") or payload.get("errorType")))
    if isinstance(payload, str):
        return Answer("html", clean(payload))
    if isinstance(payload, dict) and isinstance(payload.get("markdown"), str):
        return Answer("markdown", payload["markdown"])
    return Answer("json", json.dumps(payload, indent=2, ensure_ascii=False))


def _plain(exc: ClientError | BotoCoreError) -> str:
    if isinstance(exc, ClientError):
        error = exc.response["Error"]
        return f"{error['Code']}: {error.get('Message', '')}"
    return str(exc)
