"""What a secret holds is used, or named as unusable, and not shown in a log, an exception, an event or an e-mail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from local.ministack import MiniStack
from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError, RetrainError, RetrainJobNotFoundError
from retrain.keys.api_keys import ApiKeys
from retrain.keys.model_secret import api_key_in
from retrain.prediction_one.api import PredictionOne
from tests.functional.conftest import API_KEY, SECRET_PREFIX, AwsCall, shown_text
from tests.functional.keys.conftest import RotatingSecret
from tests.functional.keys.test_watch import Watch, watch
from tests.hostile.corpus import GENERATED, loaded, outcomes

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

__all__ = ["watch"]  # a fixture

PART_OF_EVERY_KEY = "5ec4e7"

USED = "used"


@pytest.fixture
def store(secrets: SecretsManagerClient, model: str) -> Iterator[Callable[[Any], None]]:
    """Store the model's secret, text or bytes."""
    name = f"{SECRET_PREFIX}/{model}"
    secrets.create_secret(Name=name, SecretString="{}")

    def put(value: str | bytes) -> None:
        kind = "SecretBinary" if isinstance(value, bytes) else "SecretString"
        secrets.put_secret_value(SecretId=name, **cast("Any", {kind: value}))

    yield put
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def outcome_of(
    cold_function: Callable[..., list[AwsCall]],
    prediction_one: PredictionOneStandIn,
    store: Callable[[Any], None],
    model: str,
) -> Callable[[Any], str]:
    """Return what becomes of a call to the service with the key in a secret."""
    cold_function()
    service = PredictionOne(prediction_one.base_url)

    def call(value: Any) -> str:
        store(value)
        try:
            ApiKeys.below(SECRET_PREFIX).call(model, lambda key: service.check_status(key, "any"))
        except RetrainJobNotFoundError:  # so the key was accepted
            return USED
        except (ApiKeyUnavailableError, CredentialRejectedError) as error:
            return error.code if PART_OF_EVERY_KEY not in shown_text(error) else "shown"
        return "something else"

    return call


@pytest.mark.usefixtures("no_key_in_output")
def test_every_secret_has_its_outcome(outcome_of: Callable[[Any], str]) -> None:
    """Through the real client, as the header of a request, or not at all."""
    assert outcomes(loaded("secrets"), outcome_of) == {}


@pytest.mark.usefixtures("no_key_in_output")
@pytest.mark.parametrize("value", [b"\x00\xff", API_KEY.encode(), b"x" * 60_000], ids=["bytes", "key", "60 KB"])
def test_binary_secret_is_none(outcome_of: Callable[[Any], str], value: bytes) -> None:
    """A key is text."""
    assert outcome_of(value) == ApiKeyUnavailableError.code


@generated(text=st.text(max_size=100) | st.text(max_size=50).map(lambda key: json.dumps({"api_key": key})))
@GENERATED
def test_any_text_gives_a_header_or_nothing(text: str) -> None:
    """A key with anything else in it would be quoted by the exception about the header."""
    api_key = api_key_in(text)

    assert api_key is None or (api_key.isascii() and api_key.isprintable() and " " not in api_key)


def test_watch_shows_nothing_of_a_secret(
    watch: Watch, secrets: SecretsManagerClient, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """In no log, event or e-mail, also when each key has ended, and with whatever its `end_date` is."""
    for number, entry in enumerate(loaded("secrets")):
        secrets.create_secret(Name=f"{watch.prefix}/m{number}", SecretString=entry.given)

    watch.look()
    warned = watch.look_later(40)

    told = [*watch.listener.events, *watch.listener.notifications, *stdout()]
    assert len(warned) == len(loaded("secrets"))
    assert told
    assert [each for each in told if PART_OF_EVERY_KEY in json.dumps(each) or "x" * 1000 in json.dumps(each)] == []


@pytest.mark.usefixtures("account", "no_key_in_output")
def test_rotation_of_any_secret_issues_a_key_or_says_why_not(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn
) -> None:
    """No key is issued that could not be stored: the old one may have ended with that."""

    def outcome_of(value: str) -> str:
        secret.store(value)
        before = len(prediction_one.issued_keys())
        with pytest.raises(RetrainError) as refusal:
            secret.take("createSecret")
        assert PART_OF_EVERY_KEY not in shown_text(refusal.value)
        return "no key" if len(prediction_one.issued_keys()) == before else "lost"

    assert {outcome_of(entry.given) for entry in loaded("secrets")} == {"no key"}


@pytest.mark.usefixtures("account", "no_key_in_output")
@pytest.mark.parametrize(
    ("more", "issued"),
    [
        ('"x": "' + "x" * 50_000 + '"', True),
        ('"x": "' + "x" * 64_000 + '"', False),
        ('"x": "' + "表" * 15_000 + '"', False),
        ('"x": "\\ud800"', True),
        ('"x": ' + "[" * 900 + "]" * 900, True),
        ('"x": NaN', True),
    ],
    ids=["50 KB", "64 KB", "45 KB in Japanese", "half a surrogate", "deep", "NaN"],
)
def test_key_is_issued_only_if_it_can_be_stored(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str, more: str, *, issued: bool
) -> None:
    """Beside what people keep in the secret."""
    secret.store(f'{{"model_id": "{model}", {more}}}')
    before = len(prediction_one.issued_keys())

    if issued:
        secret.take("createSecret")
    else:
        with pytest.raises(ApiKeyUnavailableError, match="might not fit"):
            secret.take("createSecret")

    assert len(prediction_one.issued_keys()) - before == issued


@pytest.mark.usefixtures("account", "no_key_in_output")
@pytest.mark.parametrize(
    "end_date",
    ['"' + "x" * 70_000 + '"', "[" * 900 + "]" * 900, '"\\ud800"', "NaN", '"5ec4e7-secret-key"', '"5ec4e7-odd"'],
    ids=["70 KB", "deep", "half a surrogate", "NaN", "Secret Key", "API key"],
)
def test_no_end_date_loses_the_key_that_was_issued(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, end_date: str
) -> None:
    """Nor shows a key."""
    body = f'{{"api_key": "5ec4e7-odd", "end_date": {end_date}}}'
    prediction_one.add_fault(Fault("api_key", "status", status=200, body=body, content_type="application/json"))

    secret.take("createSecret")

    assert secret.value("AWSPENDING")["api_key"] == "5ec4e7-odd"


@pytest.mark.usefixtures("no_key_in_output")
def test_every_account_secret_is_used_or_named(secret: RotatingSecret, aws: MiniStack, prefix: str) -> None:
    """By its name, not by what it holds."""
    client = aws.client("secretsmanager")
    client.create_secret(Name=f"{prefix}/_account", SecretString="{}")

    def outcome_of(value: str) -> str:
        text = value.replace("api_key", "secret_key").replace("5ec4e7-api-key", "5ec4e7-wrong")
        client.put_secret_value(SecretId=f"{prefix}/_account", SecretString=text)
        with pytest.raises(RetrainError) as refusal:
            secret.take("createSecret")
        assert PART_OF_EVERY_KEY not in shown_text(refusal.value)
        return refusal.value.code

    assert {outcome_of(entry.given) for entry in loaded("secrets")} == {"SECRET_KEY_UNUSABLE"}
