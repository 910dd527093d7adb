"""Dead letters: what they say, and that looking at them or moving some leaves the others where they were."""

from __future__ import annotations

import json
from typing import Any

from p1_retrain.found.letters import letters_of_announcements
from p1_retrain.found.redriving import redrive_some
from retrain.landing.envelopes import object_created_event
from tests.unit.command_line.fakes import Client, stack_with

DEPTH = {"Attributes": {"ApproximateNumberOfMessages": "3", "MessageRetentionPeriod": "1209600", "QueueArn": "arn"}}

KEPT: dict[str, dict[str, str]] = {
    "e-mail": {"subject": "Prediction One retrain: given up", "body": "We gave up.", "object_uri": "s3://landing/a"},
    "event": {"reason": "Too large.", "detail": "{}", "object_uri": "s3://landing/b"},
    "stream": {"DDBStreamBatchInfo": "somewhere"},
}


def messages_of(*bodies: str) -> list[dict[str, Any]]:
    """Return messages as SQS gives them."""
    return [
        {
            "MessageId": str(n),
            "ReceiptHandle": f"handle {n}",
            "Body": body,
            "Attributes": {"SentTimestamp": "1795000000000"},
        }
        for n, body in enumerate(bodies)
    ]


def queue_of(*bodies: str) -> Client:
    """Return SQS with one page of messages, then none."""
    pages = iter([{"Messages": messages_of(*bodies)}])
    return Client(
        get_queue_attributes=DEPTH,
        receive_message=lambda **_: next(pages, {}),
        change_message_visibility_batch={},
        send_message={},
        delete_message={},
    )


def landed(key: str) -> str:
    """Return the event of a landed file."""
    file = {"key": key, "etag": "e", "size_bytes": 1, "sequencer": "1", "landed_at": "2026-11-23T01:02:03.000Z"}
    return json.dumps(object_created_event("landing", file))


def test_refused_announcements_say_what_was_refused() -> None:
    """An e-mail, an event, and changes that were given up; each is given back at once."""
    sqs = queue_of(*(json.dumps(letter) for letter in KEPT.values()), "no JSON")

    letters = letters_of_announcements(stack_with(sqs=sqs))

    assert [letter.uri for letter in letters] == ["s3://landing/a", "s3://landing/b", None, None]
    assert "SNS refused the e-mail" in letters[0].reason
    assert letters[0].text == "We gave up."
    assert letters[1].reason == "EventBridge refused the event: Too large."
    assert (letters[0].queued_at, letters[0].kept_until) == ("2026-11-18T11:06:40.000Z", "2026-12-02T11:06:40.000Z")
    (given_back,) = [request for operation, request in sqs.asked if operation == "change_message_visibility_batch"]
    assert [entry["VisibilityTimeout"] for entry in given_back["Entries"]] == [0, 0, 0, 0]


def test_redrive_of_one_file_leaves_the_others() -> None:
    """A message is deleted after the upload queue has it; a file without one is named."""
    sqs = queue_of(landed("m/a.csv"), landed("m/ペンギン 1+1.csv"), "no event")

    done = redrive_some(stack_with(sqs=sqs), ["s3://landing/m/ペンギン 1+1.csv", "s3://landing/m/gone.csv"])

    assert (done.moved, done.not_found) == (1, ["s3://landing/m/gone.csv"])
    moving = [
        (op, request.get("ReceiptHandle")) for op, request in sqs.asked if op in ("send_message", "delete_message")
    ]
    assert moving == [("send_message", None), ("delete_message", "handle 1")]
    (given_back,) = [request for operation, request in sqs.asked if operation == "change_message_visibility_batch"]
    assert [entry["ReceiptHandle"] for entry in given_back["Entries"]] == ["handle 0", "handle 2"]
