"""Which CSV and TSV files are refused by their first chunk, and that no file is that could be trained on."""

from __future__ import annotations

import csv
import io
from contextlib import nullcontext, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import FileRejectedError
from retrain.landing.data_file_checks import MAX_COLUMNS, MIN_ROWS, check_data_file
from tests.conftest import DATA

ROWS = "1,2\n" * MIN_ROWS

REFUSED = {
    "": "EMPTY_FILE",
    "\n\r\n\n": "EMPTY_FILE",
    "a;b\n" + "1;2\n" * 20: "TOO_FEW_COLUMNS",
    ",".join(map(str, range(MAX_COLUMNS + 1))) + "\n" + ROWS: "TOO_MANY_COLUMNS",
    "a,\n" + ROWS: "UNNAMED_COLUMN",
    "a,a\n" + ROWS: "DUPLICATE_COLUMN",
    "a,b\n" + ROWS + "1,2,3\n": "UNEVEN_ROW",
    "a,b\n" + ROWS + "1\n": "UNEVEN_ROW",
    "a,b\n" + "1,2\n" * (MIN_ROWS - 1): "TOO_FEW_ROWS",
    "a,b": "TOO_FEW_ROWS",
}

ACCEPTED = [
    "a,b\n" + ROWS,
    "a,b\r\n" + "1,2\r\n" * MIN_ROWS,
    "a,b\n\n" + ROWS + "\n\n",
    '"a\nb","c,d"\n' + '"1\n1","2,""2"""\n' * MIN_ROWS,
    "a,b\n" + ",\n" * MIN_ROWS,
    ",".join(map(str, range(MAX_COLUMNS))) + "\n" + (",".join("1" * MAX_COLUMNS) + "\n") * MIN_ROWS,
    "a, \n" + ROWS,
    "a," + "b" * 140_000 + "\n" + ROWS,
    "a,b\n1," + "2" * 140_000 + "\n" + ROWS,
]

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0"), min_size=1, max_size=8)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.mark.parametrize(("text", "code"), REFUSED.items(), ids=range(len(REFUSED)))
def test_certainly_wrong_file_is_refused(text: str, code: str) -> None:
    """Each reason has a code of its own, and its message names the file."""
    with pytest.raises(FileRejectedError, match=r"data\.csv") as refusal:
        check_data_file("data.csv", text.encode(), whole=True)

    assert refusal.value.code == code


@pytest.mark.parametrize("text", ACCEPTED, ids=range(len(ACCEPTED)))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_usable_file_passes(text: str, encoding: str) -> None:
    """Quoting, line ends, blank lines, missing values and the limits themselves are all right."""
    check_data_file("data.csv", text.encode(encoding), whole=True)


@pytest.mark.parametrize(("rows", "refused"), [(0, True), (1, False), (MIN_ROWS - 1, False)])
def test_evaluation_data_may_have_fewer_rows(rows: int, refused: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """The manual's least number is that of training data; none at all is certainly wrong."""
    context = pytest.raises(FileRejectedError, match="0 rows of data; a model needs at least 1")

    with context if refused else nullcontext():
        check_data_file("eval_src/data.csv", b"a,b\n" + b"1,2\n" * rows, whole=True, min_rows=1)


@pytest.mark.parametrize(
    "name",
    ["pandas_utf8.csv", "pandas_utf8_bom.csv", "pandas_cp932.csv", "pandas_crlf.csv", "pandas_tabs.tsv"],
)
def test_files_that_pandas_wrote_pass_wherever_they_are_cut(name: str) -> None:
    """The first chunk may end anywhere: in a character, in a quoted line break, between CR and LF."""
    data = (DATA / name).read_bytes()

    check_data_file(name, data, whole=True)
    for length in range(len(data)):
        check_data_file(name, data[:length], whole=False)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pandas_with_index.csv", "UNNAMED_COLUMN"),
        ("pandas_utf16.csv", "NOT_TEXT"),
        ("excel_renamed.csv", "NOT_TEXT"),
        ("parquet_renamed.csv", "NOT_TEXT"),
        ("pandas_tabs.tsv", "TOO_FEW_COLUMNS"),
    ],
)
def test_files_that_people_drop_by_mistake_are_refused(name: str, code: str) -> None:
    """Another format under a false name, another encoding, pandas' index without a name, tabs in a .csv."""
    with pytest.raises(FileRejectedError) as refusal:
        check_data_file(name.replace(".tsv", ".csv"), (DATA / name).read_bytes(), whole=True)

    assert refusal.value.code == code


@given(data=st.binary(max_size=400), whole=st.booleans())
def test_no_bytes_raise_anything_but_a_refusal(data: bytes, *, whole: bool) -> None:
    """Whatever lands, the check says yes or gives a reason."""
    with suppress(FileRejectedError):
        check_data_file("data.csv", data, whole=whole)


@given(
    st.data(), st.lists(names, min_size=2, max_size=6, unique=True), st.sampled_from(["utf-8", "utf-8-sig", "cp932"])
)
def test_no_file_is_refused_that_the_csv_module_writes(data: st.DataObject, header: list[str], encoding: str) -> None:
    """Within the manual's limits, any table passes, whole or cut anywhere."""
    rows = data.draw(st.lists(st.lists(values, min_size=len(header), max_size=len(header)), min_size=1, max_size=4))
    delimiter, ending = data.draw(st.sampled_from([(",", ".csv"), ("\t", ".tsv")]))
    written = io.StringIO(newline="")
    # The writer leaves a lone CR without quotes, and the reader takes it for the end of a row: so all is quoted.
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows * MIN_ROWS)
    table = written.getvalue().encode(encoding, errors="replace" if encoding == "cp932" else "strict")

    if encoding != "cp932" or len({name.encode("cp932", "replace") for name in header}) == len(header):
        check_data_file(f"data{ending}", table, whole=True)
        check_data_file(f"data{ending}", table[: data.draw(st.integers(0, len(table)))], whole=False)
