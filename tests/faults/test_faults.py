"""Episodes against a server that fails in every way: only the infrastructure is blamed, and the books are exact."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from fault_server import FAULTS, MODEL, Act, FaultServer, seeded, serve
from rich.console import Console

from harness.core.errors import ModelFault
from harness.core.event import FaultEvent
from harness.core.model_settings import ModelSettings, RetryPolicy, Timeouts
from harness.core.record import Attempt
from harness.core.termination import Termination
from harness.models import remote
from harness.models.account import Account, charged_to
from harness.models.book import ModelBook
from harness.models.client import ChatMessage, Request
from harness.models.open import open_models
from harness.packs.suites import Changes
from harness.runner.config import RunConfig
from harness.runner.journal import read_attempts
from harness.runner.start import start_run

TASK = "quota-used-up"
SCRIPT = (
    {"text": "Your data for this month is used up. How much data shall I add? 2 GB cost 5 dollars."},
    {"tool": "refuel_data", "arguments": {"customer_id": "C501", "line_id": "L701", "gb_amount": 2.0}},
    {"text": "Please do this on your side: run_speed_test()"},
    {"text": "That is all from my side."},
)
POLICY = RetryPolicy(tries=3, per_episode=6, per_run=1000)
CAUSES = {
    "rate_limit": (Act.BUSY, Act.BUSY_SECONDS, Act.BUSY_DATE),
    "server": (Act.ERROR, Act.BAD_GATEWAY, Act.ERROR_INSIDE),
    "connection": (Act.RESET, Act.CUT),
    "malformed": (Act.HALF, Act.MALFORMED, Act.WRONG_TYPE, Act.NO_CHOICES),
    "timeout": (Act.STALL, Act.DRIP),
}


def settings(server: FaultServer, *, silence_s: float, total_s: float) -> ModelSettings:
    timeouts = Timeouts(silence_s=silence_s, total_s=total_s)
    return ModelSettings(base_url=server.url, price_in=1.0, price_out=1.0, timeouts=timeouts)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "FIRST_WAIT_S", 0.02)


def played(server: FaultServer, root: Path, episodes: int) -> list[Attempt]:
    config = RunConfig(
        suite="telecom-desk",
        agent="llm",
        model=MODEL,
        book=ModelBook({MODEL: settings(server, silence_s=4.0, total_s=7.0)}, POLICY),
        changes=Changes(trials=episodes, only=(TASK,)),
        concurrency=32,
        out=root / "run",
    )
    start_run(config, console=Console(quiet=True))
    return list(read_attempts(root / "run"))


def test_with_a_fifth_of_all_requests_failing_no_fault_is_the_agents_and_the_books_are_exact(tmp_path: Path) -> None:
    with serve(FaultServer(SCRIPT, seeded(0.2, seed=7))) as server:
        attempts = played(server, tmp_path, 500)
    records = [attempt.record for attempt in attempts]
    assert len(records) == 500
    ends = Counter(record.termination for record in records)
    assert set(ends) == {Termination.USER_STOP, Termination.INFRA_ERROR}
    assert ends[Termination.INFRA_ERROR] < 50
    for record in records:
        finished = record.termination is Termination.USER_STOP
        assert record.reward.value == (1.0 if finished else None)
        assert [event.party for event in record.events if isinstance(event, FaultEvent)] == [None] * (not finished)

    traffic = [attempt.traffic for attempt in attempts]
    requests, retries = sum(one.requests for one in traffic), sum(one.retries for one in traffic)
    answered = sum(one.paid.calls for one in traffic)
    faults = sum((Counter(one.faults) for one in traffic), Counter[str]())
    assert requests == server.requests
    assert requests == answered + faults.total()
    assert requests - retries == answered + ends[Termination.INFRA_ERROR]
    assert answered == sum(record.usage.agent.calls for record in records)
    assert sum(one.paid.tokens for one in traffic) == answered * 110
    assert max(one.retries for one in traffic) <= POLICY.per_episode
    assert retries <= (POLICY.per_run or 0)
    assert all(server.acts[act] for act in FAULTS)
    for cause in ("rate_limit", "server", "connection", "malformed"):
        assert faults[cause] == sum(server.acts[act] for act in CAUSES[cause]), cause
    # A machine under load may be too late with an answer as well.
    assert faults["timeout"] >= server.acts[Act.STALL] + server.acts[Act.DRIP]


def test_the_runs_retries_end_and_what_fails_then_is_still_nobodys_fault(tmp_path: Path) -> None:
    with serve(FaultServer(SCRIPT, lambda: Act.ERROR)) as server:
        attempts = played(server, tmp_path, 520)
    assert {attempt.record.termination for attempt in attempts} == {Termination.INFRA_ERROR}
    retries = sum(attempt.traffic.retries for attempt in attempts)
    assert retries == POLICY.per_run
    assert server.requests == 520 + retries == sum(attempt.traffic.requests for attempt in attempts)


@pytest.mark.parametrize(("cause", "act"), [(cause, act) for cause, acts in CAUSES.items() for act in acts])
def test_each_fault_has_its_cause_is_tried_again_and_told_in_one_line(cause: str, act: Act) -> None:
    async def call(acts: list[Act]) -> Account:
        server.choose = lambda: acts.pop(0) if len(acts) > 1 else acts[0]
        book = ModelBook({MODEL: settings(server, silence_s=0.4, total_s=0.8)}, RetryPolicy(tries=2))
        async with open_models([MODEL], book) as pool:
            with charged_to(Account()) as account:
                await pool.client(MODEL).complete(Request(messages=[ChatMessage("user", "Hi")], turn=0))
            return account

    with serve(FaultServer(SCRIPT, lambda: act)) as server:
        account = asyncio.run(call([act, Act.ANSWER]))
        assert (account.requests, account.retries, account.faults) == (2, 1, {cause: 1})
        with pytest.raises(ModelFault, match=r"^faulty: [^\n]+ \(2 tries\)$"):
            asyncio.run(call([act]))
