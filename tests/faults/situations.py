"""Every situation whose AWS calls fail, one call at a time, and what is right in the end."""

from __future__ import annotations

from tests.faults.injection import LostAnswer
from tests.faults.matrix import Call, Situation
from tests.faults.upload_situations import QUEUE, TABLE, UNREADABLE, UPLOAD, read_key, update

NOT_STORED, SECRETS = "RESULTS_NOT_STORED", "SECRETS_UNAVAILABLE"

_LIVE = "SWITCHED, live, results stored"
_BEGIN_A_RUN = ("Query", "Query", "Query")  # the oldest in RETRYING and in UPLOADING, and the jobs that are due
_TAKE_A_JOB = (*_BEGIN_A_RUN, "UpdateItem", "GetSecretValue")

TRACK = (
    Situation(
        "track",
        "a job that has finished",
        _LIVE,
        (
            Call("Query", "the oldest file in RETRYING", TABLE),
            Call("Query", "the oldest file in UPLOADING", TABLE),
            Call("Query", "the jobs that are due", TABLE),
            update("take the job"),
            read_key(_LIVE),
            Call("PutObject", "the results", NOT_STORED),
            update("FINISHED"),
            update("take the model"),
            Call("TransactWriteItems", "SWITCHED", TABLE),
        ),
    ),
    Situation(
        "track",
        "a job with results of two parts",
        _LIVE,
        (
            *_TAKE_A_JOB,
            Call("CreateMultipartUpload", "the results", NOT_STORED),
            "UploadPart",
            Call("UploadPart", "the second part", NOT_STORED),
            Call("CompleteMultipartUpload", "the results", NOT_STORED),
            *("UpdateItem", "UpdateItem", "TransactWriteItems"),
        ),
    ),
    Situation(
        "track",
        "a download that breaks in the second part",
        _LIVE,
        (
            *(*_TAKE_A_JOB, "CreateMultipartUpload", "UploadPart"),
            Call("AbortMultipartUpload", "the results", is_silent=True),  # the bucket has a rule for what is left
            *(
                "UpdateItem",
                *_BEGIN_A_RUN,
                *_BEGIN_A_RUN,
                "UpdateItem",
                "CreateMultipartUpload",
                "UploadPart",
                "UploadPart",
            ),
            *("CompleteMultipartUpload", "UpdateItem", "UpdateItem", "TransactWriteItems"),
        ),
    ),
    Situation(
        "track",
        "a job in training",
        _LIVE,
        (
            *_TAKE_A_JOB,
            update("the next check"),
            *(*_BEGIN_A_RUN, "UpdateItem", "PutObject", "UpdateItem", "UpdateItem", "TransactWriteItems"),
        ),
    ),
    Situation(
        "track",
        "a job that was deleted",
        "FAILED (DELETED_AT_SERVICE), not live, no results",
        (*_TAKE_A_JOB, update("FAILED")),
    ),
    Situation(
        "track",
        "a switch that fails at first",
        _LIVE,
        (
            *(*_TAKE_A_JOB, "PutObject", "UpdateItem", "UpdateItem"),
            Call("UpdateItem", "release the model", is_silent=True),
            update("the next check"),
            *(*_BEGIN_A_RUN, *_BEGIN_A_RUN, "UpdateItem", "UpdateItem", "TransactWriteItems"),
        ),
    ),
    Situation(
        "track",
        "a model of newer data is live",
        "FINISHED (NEWER_IN_SERVICE), not live, results stored",
        (
            *(*_TAKE_A_JOB, "PutObject", "UpdateItem", "UpdateItem"),
            update("no further checks"),
        ),
    ),
)

_LIVE_BY_REQUEST = "SWITCHED, live, no results"

SWITCH = (
    Situation(
        "switch",
        "a person's request",
        _LIVE_BY_REQUEST,
        (
            Call("Query", "the job", TABLE),
            Call("GetItem", "the job", TABLE),
            update("take the model"),
            read_key(_LIVE_BY_REQUEST),
            Call("TransactWriteItems", "SWITCHED", TABLE),
        ),
    ),
)

_NOT_TOLD = "ANNOUNCEMENT_FAILED"
_KEPT = "each event once, e-mail in the dead-letter queue"
_EVENT_KEPT = ("EVENT_REFUSED", "one event, e-mail once, event in the dead-letter queue")
_REPEATED = (_NOT_TOLD, "an event repeated, e-mail once")
_EVENT: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("MalformedDetail", "ValidationException"), _EVENT_KEPT),
    **dict.fromkeys(LostAnswer, _REPEATED),
}
_MAIL: dict[str, tuple[str, str]] = {
    LostAnswer.ONCE: ("", "each event once, e-mail repeated"),
    LostAnswer.ALWAYS: (_NOT_TOLD, "each event once, e-mail repeated, e-mail in the dead-letter queue"),
}
_EVENT_AGAIN = "an event repeated, e-mail in the dead-letter queue"

ANNOUNCE = (
    Situation(
        "announce",
        "two changes, one with an e-mail",
        "each event once, e-mail once",
        (
            Call("PutEvents", "the first event", _NOT_TOLD, otherwise=_EVENT),
            Call("Publish", "the e-mail", _NOT_TOLD, otherwise=_MAIL, if_refused=_KEPT),
            Call("PutEvents", "the second event", _NOT_TOLD, otherwise=_EVENT),
        ),
    ),
    Situation(
        "announce",
        "an e-mail that SNS refuses",
        _KEPT,
        (
            *("PutEvents", "Publish"),
            Call(
                "SendMessage",
                "to the dead-letter queue",
                _NOT_TOLD,
                otherwise={LostAnswer.ALWAYS: (_NOT_TOLD, _EVENT_AGAIN)},
                if_refused=_EVENT_AGAIN,
            ),
            "PutEvents",
        ),
    ),
)

_ROTATED = "the new key is current"
_NOT_THERE = "ResourceNotFoundException"

ROTATE = (
    Situation(
        "rotate",
        "the four steps",
        _ROTATED,
        (
            Call("DescribeSecret", "createSecret", SECRETS),
            Call("GetSecretValue", "a pending key?", SECRETS, otherwise={_NOT_THERE: ("", _ROTATED)}),
            Call("GetSecretValue", "the model_id", SECRETS),
            Call("GetSecretValue", "the Secret Key", "SECRET_KEY_UNUSABLE"),
            Call("PutSecretValue", "the new key", SECRETS, if_refused=f"{_ROTATED}, one more was issued"),
            Call("DescribeSecret", "setSecret", SECRETS),
            Call("DescribeSecret", "testSecret", SECRETS),
            Call("GetSecretValue", "the key to test", SECRETS, otherwise={_NOT_THERE: ("", _ROTATED)}),
            Call("DescribeSecret", "finishSecret", SECRETS),
            Call(
                "GetSecretValue",
                "the key to make current",
                SECRETS,
                otherwise={_NOT_THERE: ("ROTATION_REFUSED", _ROTATED)},
            ),
            Call("UpdateSecretVersionStage", "AWSCURRENT", SECRETS),
            Call("UpdateSecretVersionStage", "AWSPENDING", SECRETS),
        ),
    ),
)

WATCH = (
    Situation(
        "watch",
        "a key that ends soon",
        "event and e-mail",
        (
            Call("ListSecrets", "the models", SECRETS),
            Call("GetSecretValue", "the key's end"),
            Call("PutEvents", "the warning"),
            Call("Publish", "the warning"),
            *("ListSecrets", "GetSecretValue", "PutEvents", "Publish"),
        ),
    ),
)

_LOOK = (
    *("Query", "ListObjectVersions", "BatchGetItem"),
    *("GetBucketNotificationConfiguration", "GetQueueAttributes", "Publish", "SendMessageBatch"),
)

RECONCILE = (
    Situation(
        "reconcile",
        "a file whose event never came",
        "each file sent once, e-mail",
        (
            Call("Query", "where to continue", TABLE),
            Call("ListObjectVersions", "the bucket", UNREADABLE),
            Call("BatchGetItem", "the files' items", TABLE),
            Call("GetBucketNotificationConfiguration", "whether events are on"),
            Call("GetQueueAttributes", "how many messages wait", QUEUE),
            Call("Publish", "the e-mail", if_refused="each file sent once, no e-mail"),
            Call("SendMessageBatch", "the file's event", QUEUE),
            *("UpdateItem", "GetObject", "GetSecretValue", "UpdateItem", "UpdateItem"),
        ),
    ),
    Situation(
        "reconcile",
        "a bucket that takes two runs",
        "each file sent once, e-mail",
        (
            *_LOOK,
            update("where to continue"),
            *_LOOK,
            update("the end of the bucket"),
            *("UpdateItem", "GetObject", "GetSecretValue", "UpdateItem", "UpdateItem"),
            *("UpdateItem", "GetObject", "UpdateItem", "UpdateItem"),
        ),
    ),
)

_ALL_SHOWN = "all of it is shown by the next refresh"

PAGE = (
    Situation(
        "page",
        "the overview of one model",
        _ALL_SHOWN,
        (
            Call("ListSecrets", "the models", SECRETS),
            Call("BatchGetItem", "what is live", TABLE),
            Call("Query", "the model's files", TABLE),
            Call("Query", "halves that wait", TABLE),
            Call("Query", "given up files", TABLE),
            Call("Query", "given up halves", TABLE),
            Call("Query", "refused files", TABLE),
            Call("Query", "retried files", TABLE),
        ),
    ),
    Situation(
        "page",
        "a model",
        _ALL_SHOWN,
        (Call("BatchGetItem", "what is live", TABLE), Call("Query", "the model's files", TABLE)),
    ),
    Situation("page", "a file", _ALL_SHOWN, (Call("Query", "the file", TABLE),)),
)

ALL: tuple[Situation, ...] = (*UPLOAD, *TRACK, *SWITCH, *ANNOUNCE, *ROTATE, *WATCH, *RECONCILE, *PAGE)
