"""The adaptive window in virtual time: against an endpoint that takes n requests at once, n changing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest
from virtual_time import run_virtually

from harness.core.model_settings import RetryPolicy
from harness.models.account import Account, charged_to
from harness.models.client import ChatMessage, Completion, Request
from harness.models.faults import Fault, rule_of_status
from harness.models.gate import Door, Gate
from harness.models.remote import RemoteClient, RunRetries

REQUEST = Request(messages=[ChatMessage("user", "Hi")], turn=0)
BUSY, BROKEN = rule_of_status(429, ""), rule_of_status(500, "")
SERVICE_S = 1.0
SETTLING_S = 60.0


@dataclass
class Endpoint:
    """Takes `limit(now)` requests at once, each for about a second, and refuses more at once."""

    limit: Callable[[float], int]
    broken: float = 0.0
    """Share of requests that end with a 500."""
    refused_anyway: float = 0.0
    """Share that is refused, however few there are."""
    name: str = "endpoint"
    native_tools: bool = True
    active: int = 0
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(3))

    async def send(self, request: Request) -> Completion:
        loop = asyncio.get_running_loop()
        if self.active >= self.limit(loop.time()) or self.random.random() < self.refused_anyway:
            self.refused.append(loop.time())
            await asyncio.sleep(0.01)
            raise Fault(BUSY, "HTTP 429")
        self.active += 1
        try:
            await asyncio.sleep(SERVICE_S * self.random.uniform(0.5, 1.5))
        finally:
            self.active -= 1
        if self.random.random() < self.broken:
            raise Fault(BROKEN, "HTTP 500")
        self.answered.append(loop.time())
        return Completion("fine")

    async def close(self) -> None:
        """Holds nothing."""


def play(endpoint: Endpoint, seconds: float, *, workers: int = 64, most: int | None = None) -> Door:
    """So many workers ask without a pause for so long."""
    door = Door(most)
    policy = RetryPolicy(tries=1000, per_run=10**9)
    client = RemoteClient(endpoint, Gate(door), RunRetries(policy))

    async def work(number: int) -> None:
        with charged_to(Account(seed=number, retries_left=10**9)):
            while True:
                await client.complete(REQUEST)

    async def all_of_them() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*map(work, range(workers)))

    run_virtually(all_of_them())
    return door


def within(times: list[float], begin: float, end: float) -> int:
    return sum(begin <= time < end for time in times)


@pytest.mark.parametrize("limits", [(32, 8, 24), (4, 40, 12), (16, 17, 15)])
def test_throughput_follows_what_the_endpoint_takes_and_few_are_refused(limits: tuple[int, ...]) -> None:
    stage = 400.0
    endpoint = Endpoint(lambda now: limits[min(int(now // stage), len(limits) - 1)])
    play(endpoint, stage * len(limits))
    for number, limit in enumerate(limits):
        begin, end = number * stage + SETTLING_S, (number + 1) * stage
        most = limit * (end - begin) / SERVICE_S
        assert within(endpoint.answered, begin, end) >= 0.9 * most, f"stage {number}: n = {limit}"
        sent = within(endpoint.answered, begin, end) + within(endpoint.refused, begin, end)
        assert within(endpoint.refused, begin, end) < 0.02 * sent, f"stage {number}: n = {limit}"
    assert len(endpoint.refused) < 0.02 * (len(endpoint.answered) + len(endpoint.refused))


def test_servers_that_break_do_not_make_the_window_smaller() -> None:
    endpoint = Endpoint(lambda now: 1000, broken=0.3)
    door = play(endpoint, 60.0)
    assert endpoint.refused == []
    # Some of the 64 wait before they try again, so that it needn't be as large as that.
    assert door.window.size > 48


def test_refusals_that_have_nothing_to_do_with_how_many_there_are_do_not_starve_the_run() -> None:
    endpoint = Endpoint(lambda now: 1000, refused_anyway=0.04)
    play(endpoint, 300.0)
    assert within(endpoint.answered, SETTLING_S, 300.0) > 8 * 240


def test_an_endpoint_without_a_limit_is_soon_used_by_all_who_wait() -> None:
    endpoint = Endpoint(lambda now: 10_000)
    play(endpoint, 20.0, workers=512)
    assert within(endpoint.answered, 10.0, 20.0) >= 0.9 * 512 * 10


def test_a_limit_of_the_settings_is_never_exceeded() -> None:
    seen = []
    endpoint = Endpoint(lambda now: seen.append(endpoint.active) or 1000)  # type: ignore[func-returns-value]
    play(endpoint, 60.0, most=5)
    assert max(seen) == 4
    assert within(endpoint.answered, 10.0, 60.0) >= 0.9 * 5 * 50
