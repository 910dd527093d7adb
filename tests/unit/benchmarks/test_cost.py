"""The cost page is what the program computes, and the program computes what AWS charges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.cost_inputs import LOADS, Assumptions, Inputs, Load
from benchmarks.cost_model import (
    at_rest,
    for_files,
    relay_seconds,
    seconds_of,
    transfer_dollars,
    upload_dollars,
    upload_seconds,
)
from benchmarks.cost_page import dollars, page
from benchmarks.limits import table, with_table
from tests.conftest import REPOSITORY

INPUTS = Inputs()


def test_page_is_the_programs() -> None:
    """Whoever changes the template, a price or a measured step writes it again."""
    assert (REPOSITORY / "docs" / "cost.md").read_text() == page(INPUTS), (
        "run python -m benchmarks.cost --write docs/cost.md, and python -m benchmarks.pictures"
    )


def test_at_rest_counts_what_the_template_has() -> None:
    """Twenty alarms, one dashboard, one key, and a secret for each model and the account."""
    bill = at_rest(INPUTS).dollars

    assert bill["CloudWatch alarms"] == pytest.approx(20 * 0.10)
    assert bill["CloudWatch dashboard"] == pytest.approx(3.00)
    assert bill["KMS"] == pytest.approx(1.00, abs=0.1)
    assert bill["Secrets Manager"] == pytest.approx(6 * 0.40, abs=0.01)
    assert INPUTS.runs == {"idle track": 288 * 30, "watch": 30, "reconcile": 30, "idle upload": 96 * 30}


def test_files_cost_their_writes() -> None:
    """A file that trains for an hour is checked 11 times before it is finished: 131 write units."""
    load = Load(1_000, 1)
    items_of_a_year_gb = 12 * load.files * (INPUTS.step("finish")["item_bytes"] + 100) / 1000**3

    written = for_files(INPUTS, load).dollars["DynamoDB"] - items_of_a_year_gb * (3 * 0.25 + 0.20)

    assert INPUTS.checks == 11
    assert written / load.files == pytest.approx(131 * 0.000000625, rel=0.01)
    assert for_files(INPUTS, load).dollars["EventBridge"] / load.files == pytest.approx(4 * 0.000001, rel=0.01)


def test_twice_the_memory_is_twice_as_fast_at_the_same_price_only_while_the_cpu_sets_the_limit() -> None:
    """The price grows with the memory, and the CPU with it up to one vCPU."""
    large = LOADS[-1]
    slow = Inputs(Assumptions(slower=4))  # however fast the machine is that measured.json comes from
    seconds = {size_mb: relay_seconds(slow, large, size_mb) for size_mb in (128, 256, 1_769, 2_048)}

    assert [limit for _, limit in seconds.values()] == ["CPU", "CPU", "network", "network"]
    assert seconds[128][0] == pytest.approx(2 * seconds[256][0])
    assert seconds[1_769] == seconds[2_048]
    assert upload_dollars(slow, large, 128) == pytest.approx(upload_dollars(slow, large, 256), rel=0.1)
    assert upload_dollars(INPUTS, large, 2_048) == pytest.approx(2 * upload_dollars(INPUTS, large, 1_024), rel=0.05)


def test_upload_takes_its_bytes_and_its_calls() -> None:
    """By hand: 1 GiB at 50 MiB/s, four calls to AWS, two to the service, and the CPU of a small file."""
    gib = Load(1, 1_073.741824)  # type: ignore[arg-type]  # a fraction is good enough here
    cpu = INPUTS.step("upload")["cpu_seconds"] * 2 / (512 / 1769)

    assert upload_seconds(INPUTS, gib, 512) == pytest.approx(1024 / 50 + 4 * 0.01 + 2 * 0.2 + cpu)
    assert seconds_of(INPUTS, "upload", 512) == pytest.approx(4 * 0.01 + 2 * 0.2 + cpu)


def test_transfer_costs_by_the_gigabyte() -> None:
    """Of 10 to the power of 9 bytes; a NAT gateway besides by the hour."""
    costs = transfer_dollars(INPUTS, Load(100, 1_000))

    assert costs["to the internet"] == pytest.approx(3_000 * 0.09)
    assert costs["besides, through a NAT gateway alone"] == pytest.approx(730 * 0.045 + 2 * 3_000 * 0.045)


def test_longer_training_is_refused_rather_than_counted_wrong() -> None:
    """After an hour a job is checked less often than at every run."""
    longer = replace(INPUTS, assumed=replace(INPUTS.assumed, training_minutes=61))

    with pytest.raises(ValueError, match="less often"):
        _ = longer.checks


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "0"), (0.00071, "$0.00071"), (0.1, "$0.10"), (12.3, "$12.30"), (1_080, "$1,080")]
)
def test_amounts_for_people(amount: float, shown: str) -> None:
    """Two digits where there are fewer than ten cents, no cents where there are hundreds of dollars."""
    assert dollars(amount) == shown


def test_limits_in_the_docs_are_the_programs() -> None:
    """As the cost page."""
    document = (REPOSITORY / "docs" / "benchmarks.md").read_text()

    assert "files a day" in document
    assert document == with_table(document, INPUTS), "run python -m benchmarks.limits --write docs/benchmarks.md"


def test_limits_are_in_the_order_in_which_they_are_reached() -> None:
    """By hand: each partition takes 1,000 write units a second, and a file that is checked 11 times 48 in open_jobs."""
    rows = [line.split(" | ") for line in table(INPUTS).splitlines()[2:]]
    reached = [int(row[1].replace(",", "")) for row in rows if row[1][0].isdigit()]

    assert reached == sorted(reached)
    assert f"{1_000 / 48 * 86_400:,.0f}" in next(row[1] for row in rows if "open_jobs" in row[0])


def test_readme_says_what_a_stack_costs_at_rest() -> None:
    """Rounded to a dollar."""
    assert f"about ${at_rest(INPUTS).total:.0f} a month at rest" in (REPOSITORY / "README.md").read_text()
