"""A budget of money holds, is spent in a balanced way, and what it didn't pay for can be played later."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.run import PlannedTrial
from harness.packs.find import find_pack
from harness.packs.load import load_pack
from harness.runner.admission import Purse, balanced, forecast

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import anyio.lowlevel
from chat_stub import answer, serve_stub


def trials(tasks: int, rounds: int) -> list[PlannedTrial]:
    return [PlannedTrial(pack="p", task=f"t{task}", trial=trial) for trial in range(rounds) for task in range(tasks)]


def spend(purse: Purse, cost_of: Callable[[PlannedTrial], float | None], concurrency: int = 8) -> list[PlannedTrial]:
    """Play with several workers at once; a trial takes a moment."""
    played: list[PlannedTrial] = []

    async def work() -> None:
        while (trial := await purse.next()) is not None:
            played.append(trial)
            await anyio.lowlevel.checkpoint()
            purse.finished(cost_of(trial))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(concurrency):
                group.start_soon(work)

    anyio.run(main)
    return played


def purse(budget: float, planned: Sequence[PlannedTrial], earlier: Sequence[float | None] = ()) -> Purse:
    return Purse(budget, planned, earlier, lambda text: None)


@given(st.integers(0, 10_000), st.floats(0.5, 40.0), st.integers(1, 16))
def test_what_is_spent_stays_within_the_budget_where_costs_are_alike(seed: int, budget: float, workers: int) -> None:
    draw = random.Random(seed)
    costs = {(one.task, one.trial): draw.uniform(0.8, 1.2) for one in trials(20, 2)}
    held = purse(budget, trials(20, 2))
    played = spend(held, lambda one: costs[one.task, one.trial], workers)
    # The first trial is played before anybody knows what one costs.
    assert held.spent <= max(budget, 1.2)
    assert held.spent == pytest.approx(sum(costs[one.task, one.trial] for one in played))
    assert held.short == (len(played) < 40)


def test_enough_money_plays_everything_in_order() -> None:
    planned = trials(5, 3)
    held = purse(1000, planned)
    assert spend(held, lambda one: 1.0) == planned
    assert not held.short


def test_a_further_round_is_played_whole_or_not_at_all() -> None:
    played = spend(purse(35, trials(10, 4)), lambda one: 1.0)
    assert Counter(one.trial for one in played) == {0: 10, 1: 10, 2: 10}


def test_the_first_round_is_played_as_far_as_the_money_goes() -> None:
    held = purse(6.5, trials(10, 4))
    assert len(spend(held, lambda one: 1.0)) == 6
    assert held.short
    assert held.rest().trials == 34


def test_a_larger_budget_goes_on_where_the_smaller_one_ended() -> None:
    planned = trials(10, 2)
    first = spend(purse(12, planned), lambda one: 1.0)
    again = purse(30, planned[len(first) :], [1.0] * len(first))
    assert first + spend(again, lambda one: 1.0) == planned
    assert again.spent == 20


def test_an_unknown_price_ends_it_after_one_trial() -> None:
    held = purse(100, trials(10, 1))
    assert len(spend(held, lambda one: None)) == 1
    assert held.unpriced
    assert held.short


def test_what_costs_nothing_is_played_to_the_end() -> None:
    assert len(spend(purse(0.01, trials(10, 3)), lambda one: 0.0)) == 30


def test_the_pilot_tells_what_the_rest_will_cost() -> None:
    told: list[str] = []
    held = Purse(1000, trials(50, 1), (), told.append)
    spend(held, lambda one: 2.0)
    assert told == ["the 38 trials that are left will cost about $76 (95 %: $76 to $76)"]


def test_the_interval_of_a_forecast_holds_what_it_promises() -> None:
    draw, inside = random.Random(7), 0
    for _ in range(2000):
        pilot = [draw.gauss(1.0, 0.3) for _ in range(12)]
        found = forecast(pilot, 40)
        inside += found.low <= sum(draw.gauss(1.0, 0.3) for _ in range(40)) <= found.high
    assert 0.90 <= inside / 2000 <= 0.98


def test_every_beginning_of_the_order_holds_packs_and_difficulties_in_proportion() -> None:
    packs = {name: load_pack(find_pack(name)) for name in ("sql-shop", "shortcuts-daily")}
    tasks = [(pack, task) for pack in packs for task in packs[pack].tasks]
    planned = [PlannedTrial(pack=pack, task=task, trial=trial) for trial in range(2) for pack, task in tasks]
    order = balanced(planned, packs, 3)
    assert sorted(order, key=str) == sorted(planned, key=str)
    assert order == balanced(planned, packs, 3) != balanced(planned, packs, 4)
    assert [one.trial for one in order] == sorted(one.trial for one in planned)
    whole = Counter((one.pack, packs[one.pack].tasks[one.task].difficulty) for one in order if one.trial == 0)
    size = whole.total()
    for length in range(1, size):
        seen = Counter((one.pack, packs[one.pack].tasks[one.task].difficulty) for one in order[:length])
        for stratum, count in whole.items():
            assert abs(seen[stratum] - count * length / size) < 3


@pytest.fixture
def priced(tmp_path: Path) -> Any:
    """A server whose answers cost a dollar each, and the models file that says so."""
    with serve_stub() as stub:
        stub.will(200, answer("I can't help."))
        (tmp_path / "models.toml").write_text(
            f'[models.dear]\nbase_url = "{stub.url}"\nprice_in = {1_000_000 / 14}\nprice_out = {1_000_000 / 14}\n'
        )
        yield stub


def test_a_run_stops_at_its_budget_says_what_is_left_and_goes_on_with_more(
    priced: Any, bench: Callable[..., Any], tmp_path: Path
) -> None:
    options = ("--suite", "telecom-desk:lite", "--max-turns", "1", "--models-file", "models.toml", "--out", "r")
    done = bench("run", "--agent", "llm", "--model", "dear", *options, "--budget", "6.5usd")
    assert done.returncode == 0, done.stderr
    assert "spent: $6 of $6.5" in done.stdout
    assert "not played: 4 trials, which would cost about $4 (95 %: $4 to $4)" in done.stdout
    assert json.loads((tmp_path / "r" / "run.json").read_text())["budget_usd"] == 6.5
    again = bench("run", "--resume", "r", "--budget", "10usd")
    assert again.returncode == 0, again.stderr
    assert "spent: $10 of $10" in again.stdout
    assert "not played" not in again.stdout
    shown = json.loads(bench("show", "r", "--json").stdout)
    assert (shown["completed"], shown["episodes"]) == (10, 10)


def test_a_model_without_a_price_can_not_keep_a_budget_and_says_so(
    priced: Any, bench: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "models.toml").write_text(f'[models.dear]\nbase_url = "{priced.url}"\n')
    options = ("--suite", "telecom-desk:lite", "--max-turns", "1", "--models-file", "models.toml", "--out", "r")
    done = bench("run", "--agent", "llm", "--model", "dear", *options, "--budget", "6usd")
    assert done.returncode == 1
    assert "price_in" in done.stderr
    assert len((tmp_path / "r" / "attempts" / "0000.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("budget", ["0", "-3usd", "5eur", "1.5", "nan", "1e9usd", ""])
def test_a_budget_that_is_none_is_refused(budget: str, bench: Callable[..., Any], tmp_path: Path) -> None:
    done = bench("run", "--agent", "noop", "--suite", "lite", "--budget", budget, "--out", "r")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--budget" in done.stderr
    assert not (tmp_path / "r").exists()
