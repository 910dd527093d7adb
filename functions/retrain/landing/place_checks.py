"""Refuses a landed file that certainly cannot be trained on, by its folder, name and size."""

from __future__ import annotations

import re

from retrain.errors import FileRejectedError
from retrain.landing.landed_object import HALVES, LandedObject

MAX_UPLOAD_BYTES = 5 * 1024**3
"""One PUT to a presigned URL carries at most 5 GiB (Amazon S3 user guide, "Uploading objects")."""

DATA_FILE_SUFFIXES = (".csv", ".tsv")
"""Prediction One reads CSV (comma) and TSV (tab); manual, `re_train_api`."""

MODEL_NAME = re.compile(r"(?!_)[A-Za-z0-9_+=.@-]+")
"""What Secrets Manager allows in a name, without the slash. A leading underscore is reserved for the account."""


def place_refusal(landed: LandedObject) -> FileRejectedError | None:
    """Return why a file is refused by its folder, name or size; None if it is not.

    The codes: `OUTSIDE_LANDING_PREFIX`, `NO_MODEL_FOLDER`, `ILLEGAL_MODEL_NAME`, `TOO_DEEP_IN_PAIR`,
    `UNSUPPORTED_TYPE`, `EMPTY_FILE` and `FILE_TOO_LARGE`.
    """
    return _folder_refusal(landed) or _file_refusal(landed)


def _folder_refusal(landed: LandedObject) -> FileRejectedError | None:
    name = landed.filename
    if not landed.path:
        return FileRejectedError(
            "OUTSIDE_LANDING_PREFIX",
            f"{name} is not below LandingPrefix, which was changed after the file landed. Land it below the present "
            "prefix. If the change was a mistake, undo it, then land the file again.",
        )
    if not landed.model:
        return FileRejectedError(
            "NO_MODEL_FOLDER", f"{name} is in no model's folder. Land it as {{model}}/{name} instead."
        )
    if not MODEL_NAME.fullmatch(landed.model):
        return FileRejectedError(
            "ILLEGAL_MODEL_NAME",
            f"{landed.model!r} cannot be a model's folder. Use only A-Z a-z 0-9 + = . @ - _, and no _ in front.",
        )
    if not landed.half and any(folder in HALVES for folder in landed.path.split("/")[1:-1]):
        return FileRejectedError(
            "TOO_DEEP_IN_PAIR", f"{name} is in a folder below train_src/ or eval_src/. Land it directly in that folder."
        )
    return None


def _file_refusal(landed: LandedObject) -> FileRejectedError | None:
    name = landed.filename
    if landed.half and not name.lower().endswith(DATA_FILE_SUFFIXES):
        return FileRejectedError(
            "UNSUPPORTED_TYPE", f"{landed.half}/{name} is neither .csv nor .tsv. Save it as CSV UTF-8."
        )
    if not name.lower().endswith((*DATA_FILE_SUFFIXES, ".zip")):
        return FileRejectedError("UNSUPPORTED_TYPE", f"{name} is neither .csv, .tsv nor .zip. Save it as CSV UTF-8.")
    if landed.size_bytes == 0:
        return FileRejectedError("EMPTY_FILE", f"{name} is empty. Check the job that writes it, then land it again.")
    if landed.size_bytes > MAX_UPLOAD_BYTES:
        return FileRejectedError(
            "FILE_TOO_LARGE",
            f"{name} has {landed.size_bytes:,} bytes; one upload carries {MAX_UPLOAD_BYTES:,}. Land fewer rows.",
        )
    return None
