"""Upload and download URLs lead to public addresses over https, or nowhere: on real connections."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from local.ministack import MiniStack
from retrain.deadline import Deadline
from retrain.errors import UploadRefusedError
from retrain.prediction_one.egress import NotPublicError, is_local, is_public
from retrain.prediction_one.put import UploadProgress, put_content
from retrain.prediction_one.sessions import download_session, upload_session

CONTENT = b"a,b\n1,2\n"
SIGNATURE = "?X-Amz-Signature=5ec4e7"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("52.219.0.1", True),
        ("2600:1fa0:4000::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.31.0.2", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::10.1.2.3", False),
        ("64:ff9b::52.219.0.1", True),
        ("2002:a9fe:a9fe::1", False),
    ],
)
def test_only_addresses_that_everybody_reaches_are_public(address: str, public: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """Not this machine, a private network, carrier NAT, or a metadata service, however it is written."""
    assert is_public(address) == public


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_address_is_checked_on_the_connection(aws: MiniStack, name: str) -> None:
    """A name is checked by what it resolved to; the reason names the address and never the URL."""
    url = aws.endpoint_url.replace("127.0.0.1", name) + f"/bucket/key{SIGNATURE}"
    progress = UploadProgress(len(CONTENT), Deadline(time.time() + 900))

    with upload_session(local=False) as session, pytest.raises(UploadRefusedError) as refused:
        put_content(session, url, iter([CONTENT]), progress)

    assert "it leads to 127.0.0.1, which is not a public address" in str(refused.value)
    assert "5ec4e7" not in str(refused.value)
    assert progress.sent_bytes == 0
    assert refused.value.nothing_stored


def test_plain_http_is_not_followed(aws: MiniStack) -> None:
    """Whatever the address."""
    with download_session(local=False) as session, pytest.raises(NotPublicError, match="not an https URL"):
        session.get(aws.endpoint_url.replace("https://", "http://") + SIGNATURE, timeout=5)


@pytest.mark.parametrize("open_session", [upload_session, download_session])
@pytest.mark.parametrize("local", [True, False])
def test_other_connections_are_made_as_ever(
    aws: MiniStack, monkeypatch: pytest.MonkeyPatch, open_session: Any, *, local: bool
) -> None:
    """A local stack's, and those to public addresses. Here 127.0.0.1 counts as one: tests do not leave the machine."""
    monkeypatch.setattr("retrain.prediction_one.egress.is_public", lambda _: True)

    with open_session(local=local) as session:
        answer = session.get(f"{aws.endpoint_url}/_ministack/health", verify=str(aws.ca_bundle), timeout=5)

    assert answer.status_code == requests.codes.ok


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("https://developer-api.predictionone.sony.biz", False),
        ("https://localhost.example.com", False),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
    ],
)
def test_stack_is_local_by_its_api_alone(base_url: str, local: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """Not by what the service sends."""
    assert is_local(base_url) == local
