"""What people and programs read: one sentence per error, and JSON without a message's text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError
from rich.console import Console

from p1_retrain.files import File, ago
from p1_retrain.letters import Letter
from p1_retrain.show import Screen
from p1_retrain.stack import OperationError, errors_as_sentences
from p1_retrain.story import LogLine

NOW = datetime.now(UTC)


def client_error(code: str, message: str) -> ClientError:
    """Return an error as AWS answers it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Query")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            client_error(
                "AccessDeniedException", "User: x is not authorized to perform: dynamodb:Query on resource: y"
            ),
            "You may not do dynamodb:Query.",
        ),
        (client_error("AccessDenied", "Access Denied"), "You may not do Query."),
        (client_error("ExpiredTokenException", "expired"), "AWS refuses the credentials (ExpiredTokenException)."),
        (client_error("ThrottlingException", "Rate exceeded"), "AWS refused Query: Rate exceeded"),
        (NoCredentialsError(), "There are no AWS credentials."),
        (NoRegionError(), "You must specify a region. Check --region"),
    ],
)
def test_error_is_a_sentence_with_the_next_step(error: Exception, sentence: str) -> None:
    """Whatever AWS's library raises."""
    with pytest.raises(OperationError) as raised, errors_as_sentences("my-stack"):
        raise error

    assert str(raised.value).startswith(sentence)


def test_json_keeps_moments_and_drops_what_a_message_says(capsys: pytest.CaptureFixture[str]) -> None:
    """A message's text may be long, and its receipt handle is of no use to others."""
    letter = Letter("upload", "s3://b/ペ.csv", "v", "why", NOW, NOW, "handle", "body")

    Screen(as_json=True, console=Console()).answer({"dead_letters": [letter]})

    (shown,) = json.loads(capsys.readouterr().out)["dead_letters"]
    assert list(shown) == ["queue", "what", "version", "reason", "queued_at", "kept_until"]
    assert (shown["what"], shown["queued_at"]) == ("s3://b/ペ.csv", NOW.isoformat())


def test_table_shows_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name is no markup."""
    Screen(as_json=False, console=Console(width=80)).table(("file",), [("[red]a[/red].csv",)])

    assert "[red]a[/red].csv" in capsys.readouterr().out


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (150, "2 min"), (7200, "2 h"), (3 * 86400, "3 d")])
def test_age_has_one_unit(seconds: int, text: str) -> None:
    """The largest that fits."""
    assert ago(datetime.now(UTC) - timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            '{"timestamp": "2026-11-25 08:00:00,1+0000", "level": "INFO", "message": "Upload complete"}',
            "Upload complete",
        ),
        ('{"_aws": {}, "FilesUploaded": [1.0]}', ""),
        ("REPORT RequestId: 1", "REPORT RequestId: 1"),
    ],
)
def test_log_line_is_read_whatever_wrote_it(line: str, message: str) -> None:
    """Ours in JSON, metrics, which are no message, and Lambda's own."""
    assert LogLine.of("upload", line).message == message


@pytest.mark.parametrize(
    ("item", "needs_a_person"),
    [
        ({"status": "TRAINING"}, False),
        ({"status": "RETRYING"}, False),
        ({"status": "RETRYING", "given_up_at": "2026-11-25T00:00:00Z"}, True),
        ({"status": "REJECTED"}, True),
        ({"status": "FINISHED"}, False),
        ({"status": "FINISHED", "error_code": "SERVICE_UNAVAILABLE"}, True),
        ({"status": "FINISHED", "error_code": "NEWER_IN_SERVICE"}, False),
    ],
)
def test_state_says_whether_a_person_must_act(item: dict[str, str], needs_a_person: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """A status alone does not."""
    assert File.of(item).needs_a_person == needs_a_person
