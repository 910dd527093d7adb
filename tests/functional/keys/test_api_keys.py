"""A model's API key is cached while it works, and read again when it is refused, also in the middle of a rotation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider

from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError, ServiceUnavailableError
from retrain.keys.api_keys import ApiKeys
from tests.functional.conftest import API_KEY, SECRET_PREFIX, shown_text

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


NEW_KEY = "5ec4e7-new-key"


@dataclass
class Reader:
    """API keys with a cache of their own, and a count of the calls that reading them took."""

    keys: ApiKeys
    calls: int = 0


class Service:
    """Accepts one key, and notes which it was asked with."""

    def __init__(self, accepted: str) -> None:
        self.accepted = accepted
        self.asked_with: list[str] = []

    def __call__(self, api_key: str) -> str:
        """Answer, or refuse the key."""
        self.asked_with.append(api_key)
        if api_key != self.accepted:
            raise CredentialRejectedError("refused")
        return "answer"


@pytest.fixture
def reader(secrets: SecretsManagerClient) -> Iterator[Reader]:
    """Give a reader whose cache is empty."""
    reader = Reader(ApiKeys(SecretsProvider(boto3_client=secrets), SECRET_PREFIX))

    def count(**_: object) -> None:
        reader.calls += 1

    call = "before-parameter-build.secrets-manager.GetSecretValue"
    secrets.meta.events.register(call, count)
    yield reader
    secrets.meta.events.unregister(call, count)


@pytest.fixture
def store(secrets: SecretsManagerClient, model: str) -> Callable[[str], object]:
    """Store the model's secret."""
    return lambda text: secrets.create_secret(Name=f"{SECRET_PREFIX}/{model}", SecretString=text)


@pytest.mark.parametrize(
    "secret",
    [
        json.dumps({"api_key": API_KEY}),
        json.dumps({"model_id": 5, "api_key": API_KEY, "end_date": "2026-12-23"}, indent=2),
        API_KEY,
        f"\n{API_KEY}  \n",
    ],
    ids=["JSON", "JSON with more", "bare", "bare with white space"],
)
def test_key_is_found_in_the_secret(reader: Reader, store: Callable[[str], object], model: str, secret: str) -> None:
    """As JSON with any other fields, or alone."""
    store(secret)

    assert reader.keys.call(model, lambda api_key: api_key) == API_KEY


@pytest.mark.parametrize(
    "secret",
    [
        " ",
        "5ec4e7 with spaces",
        "5ec4e7\nwith a line break",
        "5ec4e7ペンギン",
        '{"api_key": "5ec4e7',
        '{"other": "5ec4e7"}',
        '{"api_key": ["5ec4e7"]}',
        '{"api_key": 547}',
        '{"api_key": null}',
        '{"api_key": ""}',
        '{"api_key": "5ec4e7\\r\\nx-injected: 1"}',
    ],
)
def test_secret_without_a_usable_key_is_named_and_not_shown(
    reader: Reader, store: Callable[[str], object], model: str, secret: str
) -> None:
    """The text says which secret to fix; its content is in no text, and never becomes a header."""
    store(secret)
    service = Service(API_KEY)

    with pytest.raises(ApiKeyUnavailableError, match=f"{SECRET_PREFIX}/{model}") as refusal:
        reader.keys.call(model, service)

    assert "5ec4e7" not in shown_text(refusal.value)
    assert service.asked_with == []


def test_missing_secret_is_named(reader: Reader, model: str) -> None:
    """The text says what to create."""
    with pytest.raises(ApiKeyUnavailableError, match=f"There is no secret {SECRET_PREFIX}/{model}"):
        reader.keys.call(model, Service(API_KEY))


def test_secret_that_is_about_to_be_deleted_is_named(
    reader: Reader, store: Callable[[str], object], secrets: SecretsManagerClient, model: str
) -> None:
    """Secrets Manager keeps it for some days, and gives it to nobody."""
    store(API_KEY)
    secrets.delete_secret(SecretId=f"{SECRET_PREFIX}/{model}", RecoveryWindowInDays=7)

    with pytest.raises(ApiKeyUnavailableError, match="InvalidRequestException"):
        reader.keys.call(model, Service(API_KEY))


def test_key_is_read_once(reader: Reader, store: Callable[[str], object], model: str) -> None:
    """A warm function asks Secrets Manager no more."""
    store(API_KEY)

    answers = [reader.keys.call(model, Service(API_KEY)) for _ in range(2)]

    assert (answers, reader.calls) == (["answer", "answer"], 1)


def test_rotated_key_is_read_again(
    reader: Reader, store: Callable[[str], object], secrets: SecretsManagerClient, model: str
) -> None:
    """The old one is refused, the new one is tried at once, and is the one that is remembered."""
    store(API_KEY)
    reader.keys.call(model, Service(API_KEY))
    secrets.put_secret_value(SecretId=f"{SECRET_PREFIX}/{model}", SecretString=NEW_KEY)
    service = Service(NEW_KEY)

    answers = [reader.keys.call(model, service) for _ in range(2)]

    assert answers == ["answer", "answer"]
    assert service.asked_with == [API_KEY, NEW_KEY, NEW_KEY]
    assert reader.calls == 3


def test_key_that_did_not_change_is_not_tried_twice(reader: Reader, store: Callable[[str], object], model: str) -> None:
    """It was refused, and would be again."""
    store(API_KEY)
    service = Service(NEW_KEY)

    with pytest.raises(CredentialRejectedError, match=f"{SECRET_PREFIX}/{model}"):
        reader.keys.call(model, service)

    assert service.asked_with == [API_KEY]


def test_other_errors_are_not_taken_for_a_refused_key(
    reader: Reader, store: Callable[[str], object], model: str
) -> None:
    """A service that is down says nothing about the key."""
    store(API_KEY)

    def be_down(_: str) -> None:
        raise ServiceUnavailableError("down")

    with pytest.raises(ServiceUnavailableError):
        reader.keys.call(model, be_down)

    assert reader.calls == 1


NEW_KEY = "5ec4e7-new-key"
TOKEN = "7d1c1c1e-0000-4000-8000-000000000001"


@dataclass
class RotatingModel:
    """A model in the middle of a rotation whose service has revoked the old key already."""

    secrets: SecretsManagerClient
    name: str
    asked_with: list[str] = field(default_factory=list)

    def store_pending(self, text: str | None = None) -> None:
        """Take the step createSecret."""
        value = text or json.dumps({"api_key": NEW_KEY})
        self.secrets.put_secret_value(
            SecretId=self.name, ClientRequestToken=TOKEN, SecretString=value, VersionStages=["AWSPENDING"]
        )

    def promote(self) -> None:
        """Take the step finishSecret."""
        self.secrets.put_secret_value(SecretId=self.name, SecretString=json.dumps({"api_key": NEW_KEY}))

    def request(self, api_key: str) -> str:
        """Answer to the new key alone."""
        self.asked_with.append(api_key)
        if api_key != NEW_KEY:
            raise CredentialRejectedError("refused")
        return "answer"


@pytest.fixture
def rotating(secrets: SecretsManagerClient, model_secret: str) -> RotatingModel:
    """Give a model whose secret holds the old key."""
    return RotatingModel(secrets, model_secret)


@pytest.fixture
def keys(secrets: SecretsManagerClient) -> ApiKeys:
    """Give a reader whose cache is empty."""
    return ApiKeys(SecretsProvider(boto3_client=secrets), SECRET_PREFIX)


def test_pending_key_is_tried(keys: ApiKeys, rotating: RotatingModel, model: str) -> None:
    """The old key is still AWSCURRENT; once refused, it is left out for a minute."""
    rotating.store_pending()

    answers = [keys.call(model, rotating.request) for _ in range(2)]

    assert answers == ["answer", "answer"]
    assert rotating.asked_with == [API_KEY, NEW_KEY, NEW_KEY]


@pytest.mark.parametrize("pending", ["dead-key", '{"model_id": 5}', "with spaces"])
def test_useless_pending_version_does_not_hide_the_current_key(
    keys: ApiKeys, rotating: RotatingModel, model: str, pending: str
) -> None:
    """A rotation that failed may leave anything behind."""
    keys.call(model, lambda api_key: api_key)
    rotating.store_pending(pending)
    rotating.promote()

    assert keys.call(model, rotating.request) == "answer"


def test_pending_version_that_cannot_be_read_is_logged(
    keys: ApiKeys, rotating: RotatingModel, model: str, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """The refusal of the current key alone would hide why the new key was not tried."""
    rotating.store_pending()

    def deny(params: dict[str, Any], **_: object) -> Any:
        error = {"Error": {"Code": "AccessDeniedException", "Message": ""}, "ResponseMetadata": {}}
        return (SimpleNamespace(status_code=400), error) if b"AWSPENDING" in params["body"] else None

    call = "before-call.secrets-manager.GetSecretValue"
    rotating.secrets.meta.events.register(call, deny)
    with pytest.raises(CredentialRejectedError):
        keys.call(model, rotating.request)
    rotating.secrets.meta.events.unregister(call, deny)

    (line,) = [line for line in stdout() if line["level"] == "WARNING"]
    assert (line["secret"], line["cause"]) == (rotating.name, "AccessDeniedException")
    assert API_KEY not in json.dumps(line)


def test_useless_pending_version_is_forgotten(keys: ApiKeys, rotating: RotatingModel, model: str) -> None:
    """However often the only key was refused meanwhile, a key that is stored later is found at once."""
    rotating.store_pending("with spaces")
    for _ in range(3):
        with pytest.raises(CredentialRejectedError):
            keys.call(model, rotating.request)

    rotating.promote()

    assert keys.call(model, rotating.request) == "answer"


def test_model_without_a_key_is_told_how_to_get_one(keys: ApiKeys, secrets: SecretsManagerClient, model: str) -> None:
    """Its secret names its model_id, but its first rotation has not come yet."""
    secrets.create_secret(Name=f"{SECRET_PREFIX}/{model}", SecretString=json.dumps({"model_id": "1001"}))

    with pytest.raises(ApiKeyUnavailableError, match="turn on its rotation"):
        keys.call(model, lambda api_key: api_key)
