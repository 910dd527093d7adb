"""Two landed files that are sent as one: training data and evaluation data of one dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from retrain.landing.landed_object import HALVES, LandedObject

_HALF_ATTRIBUTES = ("key", "version_id", "etag", "sequencer", "size_bytes", "landed_at")


@dataclass(frozen=True)
class LandedPair:
    """One version of the training file and one of the evaluation file of a dataset.

    It can be used like a `LandedObject`: the same names mean the same.

    Attributes
    ----------
    train_src, eval_src
        The training file and the evaluation file, named like their folders.
    """

    train_src: LandedObject
    eval_src: LandedObject

    @property
    def halves(self) -> tuple[LandedObject, LandedObject]:
        """Return the two, in the order of `HALVES`."""
        return self.train_src, self.eval_src

    @property
    def bucket(self) -> str:
        """Return the bucket of both."""
        return self.train_src.bucket

    @property
    def key(self) -> str:
        """Return the key of the dataset's folder, ending with a slash."""
        return self.train_src.dataset_key

    @property
    def uri(self) -> str:
        """Return `s3://bucket/.../dataset/`."""
        return self.train_src.dataset_uri

    @property
    def version(self) -> str:
        """Return both versions, the same for both halves' events."""
        return f"{self.train_src.version}+{self.eval_src.version}"

    @property
    def filename(self) -> str:
        """Return the name under which the zip is sent: `{dataset}.zip`."""
        return (self.key.split("/")[-2] or self.model) + ".zip"

    @property
    def model(self) -> str:
        """Return the folder that names the model."""
        return self.train_src.model

    @property
    def size_bytes(self) -> int:
        """Return the size of both files together, before they are zipped."""
        return self.train_src.size_bytes + self.eval_src.size_bytes

    @property
    def landed_at(self) -> str:
        """Return when the later one landed."""
        return max(self.train_src.landed_at, self.eval_src.landed_at)


Landing = LandedObject | LandedPair
"""What is sent as one file and has one item in the jobs table."""


def files_of(landed: Landing) -> tuple[LandedObject, ...]:
    """Return the one or two files that it consists of."""
    return landed.halves if isinstance(landed, LandedPair) else (landed,)


def same_landing(one: LandedObject, other: LandedObject) -> bool:
    """Return whether both are the same version of the same object.

    Without version ids (the bucket has no versions), the ETags decide.
    """
    if one.version_id and other.version_id:
        return (one.key, one.version_id) == (other.key, other.version_id)
    return (one.key, one.etag) == (other.key, other.etag)


def sibling(half: LandedObject, **values: Any) -> LandedObject:
    """Return another object of the same dataset, or another version."""
    prefix_length = len(half.key) - len(half.path)
    return replace(half, **values, path=values["key"][prefix_length:])


def half_attributes(halves: Iterable[LandedObject]) -> dict[str, dict[str, Any]]:
    """Return halves as attributes of an item: `train_src` and `eval_src`, each a map."""
    return {
        str(half.half): {name: value for name in _HALF_ATTRIBUTES if (value := getattr(half, name)) is not None}
        for half in halves
    }


def halves_in(item: Mapping[str, Any], like: LandedObject) -> list[LandedObject]:
    """Return the halves in an item; `like` is any half of the same dataset."""
    found = [item[name] for name in HALVES if name in item]
    return [sibling(like, **{"version_id": None, **half, "size_bytes": int(half["size_bytes"])}) for half in found]
