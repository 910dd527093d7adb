"""The errors that an AWS call can answer: those in botocore's model, and those that only AWS's documentation names."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel, ServiceModel
from urllib3 import HTTPResponse

SERVICES = ("dynamodb", "events", "s3", "secretsmanager", "sns", "sqs")

ABOUT_STATE = {"ConditionalCheckFailedException", "TransactionCanceledException"}
"""No faults, but answers about an item: the tests of the races try them. A conflict of transactions is a fault."""

COMMON = {
    "json": {
        "AccessDeniedException": 400,
        "ExpiredTokenException": 403,
        "InternalFailure": 500,
        "ServiceUnavailable": 503,
        "ThrottlingException": 400,
    },
    "query": {"ExpiredToken": 403, "InternalFailure": 500, "ServiceUnavailable": 503, "Throttling": 400},
    "rest-xml": {
        "AccessDenied": 403,
        "ExpiredToken": 400,
        "InternalError": 500,
        "RequestTimeout": 400,
        "ServiceUnavailable": 503,
        "SlowDown": 503,
    },
}
"""HTTP status by code and protocol: each API reference's page "Common Errors"; of S3, its page "Error responses"."""

DOCUMENTED = {
    "AbortMultipartUpload": {"NoSuchBucket": 404, "NoSuchUpload": 404},
    "CompleteMultipartUpload": {
        "EntityTooSmall": 400,
        "InternalError": 200,  # "may fail after the 200 OK has been sent"
        "InvalidPart": 400,
        "InvalidPartOrder": 400,
        "NoSuchUpload": 404,
    },
    "CreateMultipartUpload": {"NoSuchBucket": 404},
    "GetObject": {
        "KMS.DisabledException": 400,
        "MethodNotAllowed": 405,
        "NoSuchBucket": 404,
        "NoSuchVersion": 404,
        "PreconditionFailed": 412,
    },
    "PutEvents": {"ValidationException": 400},
    "PutObject": {"KMS.DisabledException": 400, "NoSuchBucket": 404},
    "UploadPart": {"NoSuchUpload": 404},
}
"""By operation, further ones of S3's and EventBridge's pages. The model leaves them out."""

OF_AN_ENTRY = {
    "PutEvents": ("MalformedDetail", "NotAuthorizedForSourceException"),
    "SendMessageBatch": ("InternalError",),
}
"""The call succeeds, and its one entry does not (API reference, PutEventsResultEntry and BatchResultErrorEntry)."""

OF_HEAD_OBJECT = {"400": 400, "403": 403, "404": 404, "500": 500, "503": 503}
"""An answer to HEAD has no body, so the status is the code (S3 API reference, HeadObject).

After 400, the SDK asks for the bucket's region and repeats the call.
"""

_REPEATED_BY_THE_SDK = {
    "400",
    "InternalError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TransactionInProgressException",
}


@dataclass(frozen=True)
class AwsError:
    """One error that an operation can answer.

    Attributes
    ----------
    code, status
        AWS's error code, and the HTTP status.
    protocol
        The service's: `json`, `query` or `rest-xml`.
    is_repeated
        Whether the SDK repeats the call ("Standard retry mode" in boto3's guide, "Retries").
    fields
        Further fields of a JSON body.
    """

    code: str
    status: int
    protocol: str
    is_repeated: bool
    fields: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def answer(self, url: str) -> AWSResponse:
        """Return it as the answer to a request."""
        body = io.BytesIO(self._body().encode())
        return AWSResponse(
            url, self.status, HTTPHeaders(), HTTPResponse(body, status=self.status, preload_content=False)
        )

    def _body(self) -> str:
        if self.protocol == "json":
            return json.dumps({"__type": self.code, "message": "Injected."} | self.fields)
        if self.code in OF_HEAD_OBJECT:
            return ""
        error = f"<Error><Code>{self.code}</Code><Message>Injected.</Message></Error>"
        return error if self.protocol == "rest-xml" else f"<ErrorResponse>{error}</ErrorResponse>"


class _EntryError(AwsError):
    def _body(self) -> str:
        of_events = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self.code, "ErrorMessage": "Injected."}]}
        of_messages = {"Failed": [{"Id": "0", "Code": self.code, "SenderFault": False}]}
        return json.dumps(of_events | of_messages)  # botocore leaves out what the operation does not have


@cache
def errors_of(operation: str) -> tuple[AwsError, ...]:
    """Return every error that an operation can answer, without the answers about state."""
    model = _model_of(operation)
    protocol = str(model.service_model.metadata["protocol"])
    codes = COMMON[protocol] | _modelled(model) | DOCUMENTED.get(operation, {})
    if operation == "HeadObject":
        codes = OF_HEAD_OBJECT
    repeated = _REPEATED_BY_THE_SDK | {shape.name for shape in model.error_shapes if "retryable" in shape.metadata}
    errors = [
        AwsError(code, codes[code], protocol, codes[code] >= 500 or code in repeated)
        for code in sorted(codes.keys() - ABOUT_STATE)
    ]
    errors += [_EntryError(code, 200, protocol, is_repeated=False) for code in OF_AN_ENTRY.get(operation, ())]
    if operation == "TransactWriteItems":
        conflict = {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}
        errors.append(AwsError("TransactionCanceledException", 400, protocol, is_repeated=False, fields=conflict))
    return tuple(errors)


def _modelled(operation: OperationModel) -> dict[str, int]:
    """Return what the model names. Where it gives no HTTP status, only `Internal...` is the service's fault."""
    found = {}
    for shape in operation.error_shapes:
        described = shape.metadata.get("error", {})
        found[described.get("code", shape.name)] = described.get(
            "httpStatusCode", 500 if shape.name.startswith("Internal") else 400
        )
    return found


def _model_of(operation: str) -> OperationModel:
    return next(model for model in _models() if operation in model.operation_names).operation_model(operation)


@cache
def _models() -> list[ServiceModel]:
    session = botocore.session.get_session()
    return [session.get_service_model(service) for service in SERVICES]
