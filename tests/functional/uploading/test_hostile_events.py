"""Whatever lands, or comes through the queue: an item with its reason, no other error, and no secret anywhere."""

from __future__ import annotations

import copy
import json
import uuid
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from local.prediction_one import PredictionOneStandIn
from retrain.errors import RetrainError, UnexpectedError
from tests.conftest import eventbridge_event, load_event
from tests.functional.conftest import CSV, LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from tests.hostile.corpus import GENERATED, MIB, Entry, loaded, memory_below, outcomes
from tests.hostile.zips import SENT, ZIPS, Zip

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.usefixtures("no_secret_in_output", "pauses")

MEMORY_BYTES = 32 * MIB


@pytest.fixture(autouse=True)
def _last_receive(monkeypatch: pytest.MonkeyPatch, upload_function: UploadFunction) -> None:
    """Have every message given up at once, so that its end is recorded."""
    assert upload_function
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "1")


def _text(given: dict[str, Any]) -> str:
    """Return a message's text: an entry's own, or the sample event with what it changes or leaves out."""
    if "body" in given:
        return str(given["body"])
    event = copy.deepcopy(load_event("eventbridge"))
    for path, value in given.get("changes", {}).items():
        *folders, name = path.split(".")
        reduce(lambda part, folder: part[folder], folders, event)[name] = value
    if "without" in given:
        *folders, name = given["without"].split(".")
        del reduce(lambda part, folder: part[folder], folders, event)[name]
    return json.dumps(event)


def _item_about(jobs_table: Table, text: str) -> dict[str, Any]:
    """Return the item whose URI has a text in it; an empty one if there is none."""
    return next((item for item in jobs_table.scan()["Items"] if text in str(item["object_uri"])), {})


def test_every_message_has_its_outcome(upload_function: UploadFunction, jobs_table: Table) -> None:
    """Consumed if it is no file, otherwise given up with an item that says why, in few words."""

    def outcome_of(given: dict[str, Any]) -> str:
        message_id = upload_function.queue_text(_text(given))
        consumed = upload_function.take_message()
        upload_function.lose_messages()
        item = _item_about(jobs_table, message_id) or _item_about(jobs_table, "s3://somebody-elses-bucket/")
        assert len(item.get("error_message", "")) < 1000
        return "ignored" if consumed else str(item["error_code"])

    assert outcomes(loaded("events"), outcome_of) == {}


def test_no_dead_letter_keeps_another_from_being_recorded(upload_function: UploadFunction, jobs_table: Table) -> None:
    """The schedule that looks into the dead-letter queue meets each of them with every run."""
    messages = {upload_function.bury_text(_text(entry.given)): entry for entry in loaded("events")}

    counted = upload_function.handle({"action": "record-dead-letters"})

    codes = {message_id: _item_about(jobs_table, message_id).get("error_code") for message_id in messages}
    unreadable = {message_id for message_id, entry in messages.items() if entry.outcome == "UNREADABLE_EVENT"}
    assert counted == {"dead_letters": len(messages)}
    assert {message_id for message_id, code in codes.items() if code == "UNREADABLE_EVENT"} == unreadable


@pytest.mark.usefixtures("model_secret")
def test_every_key_has_its_outcome(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """What can be sent arrives once, unchanged, under its own name."""

    def outcome_of(given: str) -> str:
        name = given.replace("{fill to 1,024 bytes}", "x" * (1024 - len(model) - 5) + ".csv")
        landed = landing_bucket.land(f"{model}/{name}", CSV)
        before = len(prediction_one.uploads)
        upload_function.queue(eventbridge_event(landed))
        assert upload_function.take_message()
        sent = [upload.filename for upload in prediction_one.uploads[before:]]
        if landed.is_marker:
            return "ignored"
        item = upload_function.item_of(landed)
        assert item.get("error_message", "").isprintable()
        assert sent == [landed.filename] * (item["status"] == "TRAINING")
        return str(item.get("error_code", SENT))

    assert outcomes(loaded("keys"), outcome_of) == {}


@pytest.mark.usefixtures("model_secret")
def test_every_landed_zip_has_its_outcome(
    upload_function: UploadFunction, unversioned_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Sent as it is, or refused with a reason; never unpacked.

    In a bucket without versions: MiniStack leaves out the Range of a request for a version, which S3 honours (API
    reference, GetObject).
    """

    def outcome_of(built: Zip) -> str:
        landed = unversioned_bucket.land(f"{model}/{uuid.uuid4().hex}.zip", built.build())
        before = len(prediction_one.uploads)
        upload_function.queue(eventbridge_event(landed))
        assert upload_function.take_message()
        outcome = str(upload_function.item_of(landed).get("error_code", SENT))
        assert len(prediction_one.uploads) - before == (outcome == SENT)
        return outcome

    small = [Entry(name, found, found.outcome) for name, found in ZIPS.items() if not name.endswith("0 members")]
    assert outcomes(small, outcome_of) == {}


@pytest.mark.parametrize("name", ["a.csv", "a.zip"])
@pytest.mark.parametrize("says", [1, 2 * MIB - 1, 2 * MIB + 1, 3 * MIB + 5, 2**62])
@pytest.mark.usefixtures("model_secret")
def test_event_that_lies_about_the_size_sends_nothing(  # noqa: PLR0913, PLR0917 - an event, and what it is sent through
    upload_function: UploadFunction,
    unversioned_bucket: LandingBucket,
    prediction_one: PredictionOneStandIn,
    model: str,
    name: str,
    says: int,
) -> None:
    """Too small a size would cut the file, or put all of it into memory; too large a size would never be reached."""
    landed = unversioned_bucket.land(f"{model}/{name}", CSV + bytes(2 * MIB - len(CSV)))
    event = eventbridge_event(landed)
    event["detail"]["object"]["size"] = says
    upload_function.queue(event)

    with memory_below(MEMORY_BYTES):
        assert upload_function.take_message()

    assert upload_function.item_of(landed)["error_code"] in {"WRONG_SIZE", "FILE_TOO_LARGE"}
    assert prediction_one.uploads == []


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@generated(data=st.data())
@GENERATED
@pytest.mark.filterwarnings("ignore:No application metrics")
def test_any_value_in_an_event_ends_in_one_of_our_errors(upload_function: UploadFunction, data: st.DataObject) -> None:
    """In the place of any other, whether the event is invoked with or comes through the queue."""
    event = load_event(data.draw(st.sampled_from(["eventbridge", "s3_notification", "sqs_eventbridge"])))
    holder, name = data.draw(st.sampled_from(_places(event)))
    holder[name] = data.draw(ANY_JSON)

    code = None
    try:
        upload_function.handle(event)
    except RetrainError as error:
        code = error.code

    assert code != UnexpectedError.code


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, name or index) in a JSON value."""
    if not isinstance(value, (dict, list)):
        return []
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, name) for name, _ in items] + [place for _, inner in items for place in _places(inner)]
