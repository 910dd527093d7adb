"""Builds a switch's dependencies, once per warm function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from retrain.aws.clients import API_KEYS_CONFIG, CONFIG, secrets_client
from retrain.aws.dynamodb import tables
from retrain.keys.api_keys import ApiKeys
from retrain.ledger.models import ModelsTable
from retrain.prediction_one.api import PredictionOne
from retrain.settings import SwitchSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

REPETITIONS = 1
"""Of a call to the service. After two failures a later run, or the person who asked, tries again."""


@dataclass(frozen=True)
class SwitchDependencies:
    """What a switch works with."""

    jobs: Table
    models: ModelsTable
    api_keys: ApiKeys
    prediction_one: PredictionOne


def switch_dependencies(settings: SwitchSettings, threads: int = 1) -> SwitchDependencies:
    """Return the switch function's dependencies, for so many threads.

    Each client keeps a connection per thread. Beyond botocore's default of 10, urllib3 would close a connection after
    every call, and the next call would pay for a new TLS handshake.
    """
    pool = Config(max_pool_connections=threads)
    all_tables = tables(CONFIG.merge(pool))
    jobs = all_tables.Table(settings.jobs_table_name)
    secrets = SecretsProvider(boto3_client=secrets_client(API_KEYS_CONFIG.merge(pool)))
    return SwitchDependencies(
        jobs=jobs,
        models=ModelsTable(all_tables.Table(settings.models_table_name), jobs),
        api_keys=ApiKeys(secrets, settings.secret_prefix),
        prediction_one=PredictionOne(settings.prediction_one_api_url, REPETITIONS),
    )
