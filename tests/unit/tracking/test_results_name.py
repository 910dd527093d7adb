"""The name of a results file: what the service says, as RFC 6266 reads it, and never a way out of the job's folder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.tracking.results_name import results_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=plain.zip", "plain.zip"),
        ('attachment; filename="two words; and more.zip"', "two words; and more.zip"),
        ('attachment; filename="a\\"b.zip"', 'a"b.zip'),
        ("attachment; filename*=UTF-8''%e7%b5%90%e6%9e%9c.zip", "結果.zip"),
        ("attachment; filename=\"fallback.zip\"; filename*=UTF-8''%e7%b5%90.zip", "結.zip"),
        ("attachment; filename*=UTF-8''%e7%b5%90.zip; filename=fallback.zip", "結.zip"),
        ('attachment; filename="結果.zip"'.encode().decode("latin-1"), "結果.zip"),
        ('attachment; filename="caf\xe9.zip"', "café.zip"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\temp\\\\x.zip"', "x.zip"),
        ("attachment; filename*=UTF-8''..%2F..%2Fx.zip", "x.zip"),
    ],
)
def test_name_is_read_from_the_header(header: str, name: str) -> None:
    """Quoted, escaped, encoded, in raw UTF-8, or with a path, of which only the last part counts."""
    assert results_name(header) == name


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "attachment",
        "garbage;;;=;filename",
        'attachment; filename=""',
        'attachment; filename=".."',
        'attachment; filename="folder/"',
        f'attachment; filename="{"x" * 256}"',
        "attachment; filename*=UTF-8''a.zip; filename*0=b.zip",
        "attachment; filename*0=a.zip; filename*=UTF-8''b.zip",
        "attachment; filename*=idna''%ff.zip",
        "attachment; filename*=undefined''%ff.zip",
        'attachment; filename="' + ";" * 60_000,
    ],
)
def test_header_without_a_usable_name_gives_the_usual_one(header: str | None) -> None:
    """`results.zip`: parts with and without a number, encodings that Python cannot read, and more than is read."""
    assert results_name(header) == "results.zip"


@given(st.text(max_size=300))
def test_whatever_the_header_says_the_name_is_harmless(name: str) -> None:
    """One part of a key, printable, encodable, and short enough."""
    found = results_name(f'attachment; filename="{name}"')

    assert found not in ("", ".", "..")
    assert not set(found) & {"/", "\\", "\0", "\n", "\r"}
    assert len(found.encode()) <= 255
