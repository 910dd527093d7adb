"""How much a page reads: so many items at most, however many there are, and never by a scan."""

from __future__ import annotations

from collections import Counter

from retrain.page.details import FILES_OF_A_PAGE
from retrain.page.overview import FILES_OF_A_MODEL
from tests.functional.page.conftest import PageFunction
from tests.unit.page.items import item_of

QUERIES_BESIDE_MODELS = 5
"""Of an overview: waiting, retrying, refused, and given up in two statuses."""


def files(model: str, number: int) -> list[dict[str, object]]:
    """Return so many finished files of a model, and as many that failed in each other way."""
    found = []
    for index in range(number):
        landed_at = f"2026-11-{index // 1440 % 28 + 1:02}T{index // 60 % 24:02}:{index % 60:02}:00.000Z"
        given_up = {"given_up_at": landed_at} if index % 3 == 0 else {}
        status = ("RETRYING", "FINISHED", "REJECTED")[index % 3]
        uri = f"s3://bucket/{model}/{index}.csv"
        expiry = {"expires_at": 1_900_000_000 + index} if status == "REJECTED" else {}
        found.append(item_of(status, landed_at, model=model, object_uri=uri, **given_up, **expiry))
    return found


def test_overview_reads_the_same_however_many_files_there_are(
    page_function: PageFunction, many_models: list[str]
) -> None:
    """One query for each model and five more, one list of secrets, one batch of models."""
    counted = []
    for number in (0, 60):
        page_function.put(*[item for name in many_models[:10] for item in files(name, number)])
        page_function.calls.clear()
        page_function.show()
        counted.append(Counter(operation for operation, _ in page_function.calls))

    queries = len(many_models) + QUERIES_BESIDE_MODELS
    assert counted == [Counter(Query=queries, ListSecrets=1, BatchGetItem=1)] * 2
    limits = [request["Limit"] for operation, request in page_function.calls if operation == "Query"]
    assert max(limits) <= 20
    assert limits.count(FILES_OF_A_MODEL) == len(many_models)


def test_click_reads_twice_at_most(page_function: PageFunction) -> None:
    """A model: what is live, and one page of its files. A file: its item."""
    page_function.put(*files("penguins", 2 * FILES_OF_A_PAGE))

    html = page_function.show(view="model", model="penguins")
    of_a_model = [operation for operation, _ in page_function.calls]
    page_function.calls.clear()
    page_function.show(view="file", object_uri="s3://bucket/penguins/1.csv", object_version="version")

    assert of_a_model == ["BatchGetItem", "Query"]
    assert html.count("<svg") == FILES_OF_A_PAGE + 1
    assert [operation for operation, _ in page_function.calls] == ["Query"]


def test_older_files_are_one_click_away(page_function: PageFunction) -> None:
    """A page begins where the one before it ended."""
    page_function.put(*files("penguins", FILES_OF_A_PAGE + 2))

    older = page_function.show(view="model", model="penguins", before="2026-11-01T00:02:00.000Z")

    assert (">0.csv<" in older, ">1.csv<" in older, ">2.csv<" in older) == (True, True, False)
    assert "Older files" not in older
