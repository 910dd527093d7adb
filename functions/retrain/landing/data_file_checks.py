"""Refuses a CSV or TSV file that certainly cannot be trained on, by the first chunk of the stream that is sent.

Deliberately accepted: what the first chunk does not show (the number of rows, later rows); a header longer than the
chunk; blank lines, unusual quoting and fields beyond `csv.field_size_limit` (the service may use another parser); fewer
than 100 rows (time-series models need only 20); more rows or columns than some model types allow; names and values of
any kind; and text in another encoding that is also valid Shift_JIS.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter

from retrain.errors import FileRejectedError

MIN_COLUMNS, MAX_COLUMNS = 2, 999
"""Manual, "Preparing data": 2 to 999 columns, for time-series models 2 to 200."""

MIN_ROWS = 20
"""Manual, "Preparing data": 100 to 1,000,000 rows, for time-series models 20 to 10,000."""

_ENCODINGS = ("utf-8-sig", "cp932")
"""UTF-8 with or without a byte order mark, and what Japanese Excel writes."""

_BINARY_STARTS = (b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"\x1f\x8b", b"PAR1\x15")
"""UTF-16, zip (including .xlsx), gzip, Parquet: some of their bytes are valid Shift_JIS."""


def check_data_file(filename: str, chunk: bytes, *, whole: bool, min_rows: int = MIN_ROWS) -> None:
    """Refuse a data file if its first bytes show that it cannot be trained on.

    Parameters
    ----------
    filename
        Its ending gives the delimiter: a tab for `.tsv`, otherwise a comma.
    chunk
        Its first bytes.
    whole
        Whether these are all bytes.
    min_rows
        The fewest rows of data. The manual's limits are for training data.

    Raises
    ------
    FileRejectedError
        `NOT_TEXT`, `EMPTY_FILE`, `TOO_FEW_COLUMNS`, `TOO_MANY_COLUMNS`, `UNNAMED_COLUMN`, `DUPLICATE_COLUMN`,
        `UNEVEN_ROW` or `TOO_FEW_ROWS`.
    """
    delimiter = "\t" if filename.lower().endswith(".tsv") else ","
    rows, understood = _rows(_text(filename, chunk, whole=whole), delimiter)
    whole = whole and understood
    if not whole:
        rows = rows[:-1]  # the last one may be cut
    if not rows:
        if whole:
            raise FileRejectedError(
                "EMPTY_FILE", f"{filename} contains only blank lines. Check the job that writes it, then land it again."
            )
        return
    header = rows[0][1]
    _check_header(filename, header, "tab" if delimiter == "\t" else "comma")
    _check_row_lengths(filename, rows[1:], len(header))
    if whole and len(rows) - 1 < min_rows:
        raise FileRejectedError(
            "TOO_FEW_ROWS", f"{filename} has {len(rows) - 1} rows of data; a model needs at least {min_rows}."
        )


def _text(filename: str, chunk: bytes, *, whole: bool) -> str:
    if not chunk.startswith(_BINARY_STARTS):
        for encoding in _ENCODINGS:
            try:
                return codecs.getincrementaldecoder(encoding)().decode(chunk, final=whole)
            except UnicodeDecodeError:
                continue
    raise FileRejectedError("NOT_TEXT", f"{filename} is not text in UTF-8 or Shift_JIS. Save it as CSV UTF-8.")


def _rows(text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], bool]:
    """Return the rows that are not blank, each with the number of its last line, and whether all could be parsed.

    Rows end where the csv module cannot parse the text, or finds a field that is too long.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if row:
                rows.append((reader.line_num, row))  # noqa: PERF401 - what came before an error is kept
    except csv.Error:
        return rows, False
    return rows, True


def _check_row_lengths(filename: str, rows: list[tuple[int, list[str]]], columns: int) -> None:
    for line, row in rows:
        if len(row) != columns:
            raise FileRejectedError(
                "UNEVEN_ROW",
                f"{filename}: the row that ends in line {line} has {len(row)} values, the header has {columns}. "
                "Check that values with a delimiter or a line break are quoted.",
            )


def _check_header(filename: str, header: list[str], delimiter_name: str) -> None:
    if any("\0" in name for name in header):
        raise FileRejectedError(
            "NOT_TEXT", f"{filename} has zero bytes in its header, as UTF-16 does. Save it as CSV UTF-8."
        )
    if len(header) < MIN_COLUMNS:
        raise FileRejectedError(
            "TOO_FEW_COLUMNS",
            f"{filename} has {len(header)} column; a model needs at least {MIN_COLUMNS}. Is it "
            f"{delimiter_name}-separated?",
        )
    if len(header) > MAX_COLUMNS:
        raise FileRejectedError(
            "TOO_MANY_COLUMNS", f"{filename} has {len(header)} columns; a model takes at most {MAX_COLUMNS}."
        )
    if "" in header:
        raise FileRejectedError(
            "UNNAMED_COLUMN",
            f"{filename}: column {header.index('') + 1} has no name. The first row must name every column "
            "(from pandas: to_csv(index=False)).",
        )
    name, times = Counter(header).most_common(1)[0]
    if times > 1:
        raise FileRejectedError(
            "DUPLICATE_COLUMN", f"{filename}: {times} columns are named {name[:60]!r}. Give each a name of its own."
        )
