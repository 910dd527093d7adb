"""What the page reads: so many items at most, however many there are. It never scans.

An overview takes one ListSecrets and one BatchGetItem for 100 models, one Query for each model, and one Query for each
of `waiting`, `retrying` and `refused` and each of the two statuses of `given_up`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, find, table_errors
from retrain.errors import TableUnavailableError
from retrain.keys.model_secret import model_of
from retrain.keys.staged_secret import secrets_manager
from retrain.ledger.item import REFUSED_RETENTION_DAYS
from retrain.ledger.pending import PendingFiles
from retrain.ledger.status import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_secretsmanager import SecretsManagerClient

Item = Mapping[str, Any]

MAX_MODELS = 100
"""That the page shows. As many as one ListSecrets and one BatchGetItem return."""

REFUSED_DAYS = 7
"""For how long a refused file of no known model is shown."""


@dataclass(frozen=True)
class PageRecords:
    """Reads both tables and the names of the secrets.

    Every method of a table raises `TableUnavailableError` if DynamoDB refuses or does not answer.
    """

    jobs: Table
    models: Table
    secrets: SecretsManagerClient
    secret_prefix: str

    def model_names(self) -> list[str]:
        """Return the models that have a secret, sorted; one more than `MAX_MODELS` if there are more.

        Raises
        ------
        SecretsUnavailableError
            Secrets Manager refused or did not answer.
        """
        with secrets_manager("list the secrets"):
            pages = self.secrets.get_paginator("list_secrets").paginate(
                Filters=[{"Key": "name", "Values": [f"{self.secret_prefix}/"]}],
                PaginationConfig={"PageSize": MAX_MODELS},
            )
            listed = (model_of(secret["Name"], self.secret_prefix) for page in pages for secret in page["SecretList"])
            return sorted(islice((name for name in listed if name), MAX_MODELS + 1))

    def live(self, names: Iterable[str]) -> dict[str, Item]:
        """Return the models table's items of up to `MAX_MODELS` models that are live, by model."""
        keys = [{"model": name} for name in names]
        if not keys:
            return {}
        with table_errors(self.models.name, "could not be read"):
            answer = self.models.meta.client.batch_get_item(RequestItems={self.models.name: {"Keys": keys}})
        if answer.get("UnprocessedKeys"):
            raise TableUnavailableError(f"The table {self.models.name} could not be read (throttled).")
        return {str(item["model"]): item for item in answer["Responses"][self.models.name] if "object_uri" in item}

    def newest(self, model: str, limit: int, before: str = "") -> list[Item]:
        """Return a model's files that landed last, the newest first."""
        until = {":before": before} if before else {}
        landed = " AND landed_at < :before" if before else ""
        return self._some("by_model", f"model = :model{landed}", {":model": model, **until}, limit)

    def waiting(self, limit: int) -> list[Item]:
        """Return the halves that wait for their other half, the longest waiting first."""
        return list(islice(PendingFiles(self.jobs).of_status(Status.WAITING, limit), limit))

    def retrying(self, limit: int) -> list[Item]:
        """Return the files whose last attempt failed and that are tried again, the longest pending first."""
        return list(islice(PendingFiles(self.jobs).of_status(Status.RETRYING, limit), limit))

    def given_up(self, limit: int) -> list[Item]:
        """Return the files that are not tried again automatically, the newest first: of each status up to `limit`."""
        found: list[Item] = []
        for status in (Status.RETRYING, Status.WAITING):
            found += self._some("given_up", "#status = :status", {":status": status}, limit)
        return found

    def refused(self, limit: int, now: float) -> list[Item]:
        """Return the files that our checks refused within `REFUSED_DAYS`, the newest first; `now` in epoch seconds."""
        since = int(now) + (REFUSED_RETENTION_DAYS - REFUSED_DAYS) * 86400
        values = {":status": Status.REJECTED, ":since": since}
        return self._some("refused", "#status = :status AND expires_at > :since", values, limit)

    def file(self, object_uri: str, object_version: str) -> Item | None:
        """Return a file's item; None if there is none."""
        with table_errors(self.jobs.name, "could not be read"):
            found = self.jobs.meta.client.query(
                TableName=self.jobs.name,
                KeyConditionExpression="object_uri = :uri AND object_version = :version",
                ExpressionAttributeValues={":uri": object_uri, ":version": object_version},
            )
        return next(iter(found["Items"]), None)

    def _some(self, index: str, expression: str, values: Mapping[str, Any], limit: int) -> list[Item]:
        """Return the last items of an index, the last one first."""
        return list(islice(find(self.jobs, index, Condition(expression, values), limit, last_first=True), limit))
