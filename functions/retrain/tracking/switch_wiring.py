"""Builds a switch's dependencies, once per warm function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrain.aws.dynamodb import table
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


def switch_dependencies(settings: SwitchSettings) -> SwitchDependencies:
    """Return the switch function's dependencies."""
    jobs = table(settings.jobs_table_name)
    return SwitchDependencies(
        jobs=jobs,
        models=ModelsTable(table(settings.models_table_name), jobs),
        api_keys=ApiKeys.below(settings.secret_prefix),
        prediction_one=PredictionOne(settings.prediction_one_api_url, REPETITIONS),
    )
