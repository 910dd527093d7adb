"""Every error is one sentence with the next step, and never ends with the status of something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    TokenRetrievalError,
)
from typer.testing import CliRunner

from p1_retrain.app import app
from p1_retrain.errors import CommandFailed, sentence_of
from retrain.errors import TableUnavailableError
from tests.unit.command_line.fakes import refusal

SENTENCES: dict[str, tuple[Exception, str]] = {
    "no credentials": (NoCredentialsError(), "No AWS credentials were found: sign in with `aws sso login`"),
    "no SSO token": (TokenRetrievalError(provider="sso", error_msg="x"), "No AWS credentials were found"),
    "no region": (NoRegionError(), "No AWS region is set: add --region"),
    "no profile": (ProfileNotFound(profile="x"), "`aws configure list-profiles` lists those there are"),
    "no network": (EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached"),
    "expired": (refusal("ExpiredToken"), "Your AWS credentials have expired: sign in again"),
    "unknown": (refusal("InvalidClientTokenId"), "AWS does not know these credentials"),
    "no permission": (
        refusal("AccessDenied", "User: x is not authorized to perform: sqs:ReceiveMessage on resource: y"),
        "You may not do sqs:ReceiveMessage: ask for the policy in the stack's output ViewerPolicyArn.",
    ),
    "no permission, no text": (
        refusal("AccessDenied", "Access Denied", "ListObjectVersions"),
        "You may not do s3:ListBucketVersions: ask for the policy in the stack's output ViewerPolicyArn.",
    ),
    "no permission to act": (
        refusal("AccessDeniedException", "", "Invoke"),
        "You may not do lambda:InvokeFunction: ask for the policy in the stack's output OperatorPolicyArn.",
    ),
    "refused": (refusal("ThrottlingException", "Slow down."), "AWS refused ReceiveMessage (ThrottlingException: Slow"),
    "our own": (CommandFailed("Give another name."), "Give another name."),
    "defect": (KeyError("secret"), "This is a defect in p1-retrain (KeyError at "),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_error_is_one_sentence_with_the_next_step(name: str) -> None:
    """Whatever AWS, the network or our own code says."""
    raised, expected = SENTENCES[name]

    with pytest.raises(type(raised)) as caught:
        raise raised

    sentence = sentence_of(caught.value)
    assert sentence.startswith(expected) or expected in sentence
    assert sentence.endswith(".")
    assert "secret" not in sentence


def test_cause_of_a_table_error_is_told() -> None:
    """The functions' own error says no action; AWS's answer below it does."""
    error = TableUnavailableError("The table could not be read (AccessDeniedException).")
    error.__cause__ = refusal("AccessDeniedException", "not authorized to perform: dynamodb:Query on x", "Query")

    assert sentence_of(error).startswith("You may not do dynamodb:Query:")


@pytest.mark.parametrize("arguments", [["status"], ["why", "s3://b/k"], ["redrive", "--yes"], ["keys"]])
@pytest.mark.parametrize("raised", [NoCredentialsError(), KeyError("x"), CommandFailed("It is so.")])
def test_failed_command_ends_with_two(monkeypatch: pytest.MonkeyPatch, arguments: list[str], raised: Exception) -> None:
    """Also a defect: 1 would mean that something needs a person. The sentence is on stderr, or in the JSON."""

    def fail(*_: Any) -> None:
        raise raised

    monkeypatch.setattr("p1_retrain.operator.find_stack", fail)

    shown, for_programs = CliRunner().invoke(app, arguments), CliRunner().invoke(app, [*arguments, "--json"])

    assert (shown.exit_code, for_programs.exit_code) == (2, 2)
    assert shown.stdout == ""
    assert json.loads(for_programs.stdout) == {"error": " ".join(shown.stderr.split())}


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), typer.Abort()], ids=["at work", "at a question"])
def test_interrupted_command_ends_with_130(monkeypatch: pytest.MonkeyPatch, raised: BaseException) -> None:
    """And says that nothing is half done."""

    def interrupt(*_: Any) -> None:
        raise raised

    monkeypatch.setattr("p1_retrain.operator.find_stack", interrupt)

    ran = CliRunner().invoke(app, ["status"])

    assert (ran.exit_code, ran.stderr.split(".")[0]) == (130, "Interrupted")
