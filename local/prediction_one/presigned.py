"""Presigned URLs as S3 makes and checks them (AWS Signature Version 4 in the query string)."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from email.message import Message
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.prediction_one.answers import StoreError

_ALGORITHM = "AWS4-HMAC-SHA256"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_REGION = "ap-northeast-1"


class PresignedUrls:
    """Signs URLs and checks what comes back."""

    def __init__(self) -> None:
        self.credentials = Credentials("AKIASTANDIN", secrets.token_hex(20))
        self._auth = S3SigV4QueryAuth(self.credentials, "s3", _REGION)

    def sign(self, method: str, url: str, lifetime_seconds: int, signed_at: datetime) -> str:
        """Return `url` with the query that allows `method` on it, from `signed_at` for `lifetime_seconds`."""
        timestamp = signed_at.strftime(_DATE_FORMAT)
        parameters = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.credentials.access_key}/{timestamp[:8]}/{_REGION}/s3/aws4_request",
            "X-Amz-Date": timestamp,
            "X-Amz-Expires": str(lifetime_seconds),
            "X-Amz-SignedHeaders": "host",
        }
        signature = self._signature(method, url, parameters)
        return f"{url}?{urlencode(parameters)}&X-Amz-Signature={signature}"

    def check(self, method: str, url: str, headers: Message) -> None:
        """Refuse `url`, as S3 does, unless it was signed for this method, host and path and is in date."""
        address, _, query = url.partition("?")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        given_signature = parameters.pop("X-Amz-Signature", None)
        if given_signature is None:
            raise StoreError(HTTPStatus.FORBIDDEN, "AccessDenied", "Access Denied")
        if "Authorization" in headers:
            raise StoreError(HTTPStatus.BAD_REQUEST, "InvalidArgument", "Only one auth mechanism allowed")
        if datetime.now(UTC) >= _expiry(parameters):
            raise StoreError(HTTPStatus.FORBIDDEN, "AccessDenied", "Request has expired")
        expected_signature = self._signature(method, address, parameters)
        if not hmac.compare_digest(expected_signature.encode(), given_signature.encode()):
            raise _signature_mismatch()
        _refuse_unsigned_headers(headers)

    def _signature(self, method: str, url: str, parameters: dict[str, str]) -> str:
        request = AWSRequest(method=method, url=url, params=parameters)
        request.context["timestamp"] = parameters["X-Amz-Date"]
        text = self._auth.string_to_sign(request, self._auth.canonical_request(request))
        return self._auth.signature(text, request)


def _expiry(parameters: dict[str, str]) -> datetime:
    try:
        signed_at = datetime.strptime(parameters["X-Amz-Date"], _DATE_FORMAT).replace(tzinfo=UTC)
        return signed_at + timedelta(seconds=int(parameters["X-Amz-Expires"]))
    except (KeyError, ValueError, OverflowError) as exc:
        message = "Query-string authentication needs valid X-Amz-Date and X-Amz-Expires parameters."
        raise StoreError(HTTPStatus.BAD_REQUEST, "AuthorizationQueryParametersError", message) from exc


def _refuse_unsigned_headers(headers: Message) -> None:
    # A signature that covers Content-Type breaks on another one; clients that add it must not pass unnoticed.
    if "Content-Type" in headers:
        raise _signature_mismatch()
    if any(name.lower().startswith("x-amz-") for name in headers):
        message = "There were headers present in the request which were not signed"
        raise StoreError(HTTPStatus.FORBIDDEN, "AccessDenied", message)


def _signature_mismatch() -> StoreError:
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    return StoreError(HTTPStatus.FORBIDDEN, "SignatureDoesNotMatch", message)
