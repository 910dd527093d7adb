"""Builds the page function's dependencies, once per warm function."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.config import Config

from retrain.aws.clients import CONFIG, secrets_client
from retrain.aws.dynamodb import tables
from retrain.page.reading import PageRecords
from retrain.settings import PageSettings
from retrain.telling.notifications import Instructions

QUERIES_AT_A_TIME = 8
"""Of an overview, one for each model. Each client keeps a connection for each."""


@dataclass(frozen=True)
class PageDependencies:
    """What the page works with."""

    stack_name: str
    records: PageRecords
    instructions: Instructions
    switch_arn: str
    upload_arn: str


def page_dependencies(settings: PageSettings) -> PageDependencies:
    """Return the page function's dependencies."""
    all_tables = tables(CONFIG.merge(Config(max_pool_connections=QUERIES_AT_A_TIME)))
    return PageDependencies(
        stack_name=settings.stack_name,
        records=PageRecords(
            all_tables.Table(settings.jobs_table_name),
            all_tables.Table(settings.models_table_name),
            secrets_client(),
            settings.secret_prefix,
        ),
        instructions=Instructions(
            settings.switch_policy,
            _name_in(settings.switch_function_arn),
            _name_in(settings.upload_function_arn),
            settings.stack_name,
        ),
        switch_arn=settings.switch_function_arn,
        upload_arn=settings.upload_function_arn,
    )


def _name_in(function_arn: str) -> str:
    return function_arn.rpartition(":")[2]
