"""Limits in virtual time: what is tried again and when, what that costs an episode, and who waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from virtual_time import run_virtually

from harness.core.errors import ContextWindowExceeded, EpisodeFault, ModelFault
from harness.core.message import Usage
from harness.core.model_settings import RetryPolicy
from harness.models.account import Account, charged_to
from harness.models.client import ChatMessage, Completion, Request
from harness.models.faults import TABLE, Blame, Cause, Fault, rule_of_error, rule_of_status
from harness.models.gate import Door, Gate
from harness.models.remote import FIRST_WAIT_S, LONGEST_WAIT_S, RemoteClient, RunRetries
from harness.models.retry_after import retry_after

REQUEST = Request(messages=[ChatMessage("user", "x" * 400)], turn=0)
GOOD = Completion("fine", usage=Usage(calls=1, input_tokens=90, output_tokens=10, cost_usd=0.25))
BUSY = rule_of_status(429, "")
BROKEN = rule_of_status(500, "")


class Tells:
    """A provider that gives outcomes in turn, the last one for ever, and notes when it was asked."""

    name = "told"
    native_tools = True

    def __init__(self, *outcomes: Fault | Completion, seconds: float = 1.0) -> None:
        self.outcomes = list(outcomes)
        self.seconds = seconds
        self.asked: list[float] = []

    async def send(self, request: Request) -> Completion:
        self.asked.append(asyncio.get_running_loop().time())
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        await asyncio.sleep(self.seconds)
        if isinstance(outcome, Fault):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Holds nothing."""


def client(provider: Tells, policy: RetryPolicy | None = None, gate: Gate | None = None) -> RemoteClient:
    return RemoteClient(provider, gate or Gate(Door()), RunRetries(policy or RetryPolicy()))


def outcome(provider: Tells, policy: RetryPolicy | None = None, account: Account | None = None) -> object:
    async def call() -> object:
        with charged_to(account or Account()):
            try:
                return await client(provider, policy).complete(REQUEST)
            except EpisodeFault as fault:
                return fault

    return run_virtually(call())


def waits(provider: Tells) -> list[float]:
    return [
        later - sooner - provider.seconds for sooner, later in zip(provider.asked, provider.asked[1:], strict=False)
    ]


def fault(rule: object = BROKEN, after: float | None = None) -> Fault:
    return Fault(rule, "HTTP", retry_after_s=after)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "text", "cause", "retry", "blame"),
    [
        (429, "slow down", Cause.RATE_LIMIT, True, Blame.PROVIDER),
        (429, '{"code": "insufficient_quota"}', Cause.QUOTA, False, Blame.SETUP),
        (402, "", Cause.QUOTA, False, Blame.SETUP),
        (500, "", Cause.SERVER, True, Blame.PROVIDER),
        (502, "the context window of the proxy", Cause.SERVER, True, Blame.PROVIDER),
        (529, "overloaded", Cause.SERVER, True, Blame.PROVIDER),
        (599, "", Cause.SERVER, True, Blame.PROVIDER),
        (504, "", Cause.TIMEOUT, True, Blame.PROVIDER),
        (400, "exceeds the available context size", Cause.CONTEXT, False, Blame.PARTY),
        (413, "This model's maximum context length is 8192 tokens", Cause.CONTEXT, False, Blame.PARTY),
        (400, "content_policy_violation", Cause.FILTERED, False, Blame.PROVIDER),
        (400, "bad tool", Cause.REQUEST, False, Blame.SETUP),
        (418, "", Cause.REQUEST, False, Blame.SETUP),
        (401, "", Cause.KEY, False, Blame.SETUP),
        (404, "", Cause.NAME, False, Blame.SETUP),
    ],
)
def test_every_status_has_one_cause(status: int, text: str, cause: Cause, retry: bool, blame: Blame) -> None:
    rule = rule_of_status(status, text)
    assert (rule.cause, rule.retry, rule.blame) == (cause, retry, blame)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (aiohttp.ConnectionTimeoutError(), Cause.TIMEOUT),
        (aiohttp.SocketTimeoutError(), Cause.TIMEOUT),
        (TimeoutError(), Cause.TIMEOUT),
        (aiohttp.ServerDisconnectedError(), Cause.CONNECTION),
        (aiohttp.ClientPayloadError(), Cause.CONNECTION),
        (ConnectionResetError(), Cause.CONNECTION),
        (aiohttp.InvalidURL("x"), Cause.REQUEST),
        (ZeroDivisionError(), Cause.UNKNOWN),
    ],
)
def test_every_error_of_the_transport_has_one_cause(error: Exception, cause: Cause) -> None:
    assert rule_of_error(error).cause is cause


def test_no_error_that_litellm_may_raise_is_missing_from_the_table() -> None:
    from harness.models.litellm_client import import_litellm

    exceptions = import_litellm().exceptions
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    # Of its proxy, its guardrails and its router: no call of ours raises them.
    inside = {"ModelNotMappedError", "BlockedPiiEntityError", "ModifyResponseException", "SensitiveDataRouteException"}
    named = {name for rule in TABLE for name in rule.errors}
    unknown = {kind.__name__ for kind in kinds if not named & {base.__name__ for base in kind.__mro__}}
    assert unknown <= {*inside, "OpenAIError"}


def test_no_status_and_no_error_stands_in_two_lines() -> None:
    statuses = [status for rule in TABLE for status in rule.statuses]
    errors = [name for rule in TABLE for name in rule.errors]
    assert len(statuses) == len(set(statuses))
    assert len(errors) == len(set(errors))


def test_waits_double_with_jitter_from_the_trials_seed() -> None:
    def played(seed: int) -> list[float]:
        provider = Tells(fault())
        assert isinstance(outcome(provider, RetryPolicy(tries=9), Account(seed=seed)), ModelFault)
        return waits(provider)

    first = played(1)
    assert len(first) == 8
    for number, wait in enumerate(first):
        full = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**number)
        assert full / 2 <= wait <= full + 1e-9
    assert played(1) == first
    assert played(2) != first


def test_a_provider_is_never_asked_sooner_than_it_asks_for() -> None:
    provider = Tells(fault(BUSY, after=17.0), fault(BUSY, after=0.0), GOOD)
    assert outcome(provider) == GOOD
    first, second = waits(provider)
    assert 17.0 <= first <= 17.0 * 1.1 + 1e-9
    assert second <= 1.0


def test_a_provider_that_asks_for_too_long_a_wait_is_given_up_at_once() -> None:
    provider = Tells(fault(BUSY, after=3600.0))

    async def two() -> list[str]:
        shared, told = client(provider), []
        for _ in range(2):
            with pytest.raises(ModelFault) as given_up:
                await shared.complete(REQUEST)
            told.append(str(given_up.value))
        return told

    assert ["it asks for a wait of 3" in told for told in run_virtually(two())] == [True, True]
    assert provider.asked == [0.0, 1.0]


def test_the_others_wait_too_when_an_endpoint_asks_for_rest() -> None:
    provider = Tells(fault(BUSY, after=20.0), GOOD)

    async def both() -> None:
        shared = client(provider)

        async def later() -> None:
            await asyncio.sleep(5.0)
            await shared.complete(REQUEST)

        await asyncio.gather(shared.complete(REQUEST), later())

    run_virtually(both())
    assert len(provider.asked) == 3
    assert min(provider.asked[1:]) >= 1.0 + 20.0


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (rule_of_status(401, ""), ModelFault),
        (rule_of_status(400, "bad tool"), ModelFault),
        (rule_of_status(400, "context length"), ContextWindowExceeded),
    ],
)
def test_what_will_not_pass_is_not_tried_again(rule: object, kind: type[EpisodeFault]) -> None:
    provider = Tells(fault(rule))
    assert type(outcome(provider)) is kind
    assert len(provider.asked) == 1


def test_the_budgets_of_call_episode_and_run_each_end_the_repetitions() -> None:
    call, account = Tells(fault()), Account(retries_left=100)
    assert "(3 tries)" in str(outcome(call, RetryPolicy(tries=3), account))
    assert (account.requests, account.retries, account.faults) == (3, 2, {Cause.SERVER: 3})

    episode, account = Tells(fault()), Account(retries_left=1)
    assert "the episode's retries are used up" in str(outcome(episode, None, account))
    assert (account.requests, account.retries) == (2, 1)

    run = Tells(fault())
    assert "the run's retries are used up" in str(outcome(run, RetryPolicy(per_run=2)))
    assert len(run.asked) == 3


def test_the_runs_budget_grows_with_the_run_where_nobody_sets_it() -> None:
    retries = RunRetries(RetryPolicy())
    retries.requests, retries.retries = 10, 99
    assert not retries.spent
    retries.retries = 100
    assert retries.spent
    retries.requests = 1000
    assert not retries.spent


def test_an_account_counts_what_was_sent_and_what_was_paid() -> None:
    account = Account()
    assert outcome(Tells(fault(), fault(BUSY), GOOD), None, account) == GOOD
    traffic = account.traffic()
    assert (traffic.requests, traffic.retries) == (3, 2)
    assert traffic.faults == {"rate_limit": 1, "server": 1}
    assert traffic.paid == GOOD.usage
    assert traffic.waited_s > 2.0


def test_the_time_that_faults_take_is_not_the_episodes() -> None:
    async def episode(*outcomes: Fault | Completion) -> str:
        account = Account()
        try:
            async with asyncio.timeout(10.0) as account.deadline:
                with charged_to(account):
                    await client(Tells(*outcomes, seconds=6.0)).complete(REQUEST)
                    await asyncio.sleep(3.0)
        except TimeoutError:
            return "timeout"
        return "in time"

    assert run_virtually(episode(GOOD)) == "in time"
    assert run_virtually(episode(fault(), fault(BUSY, after=100.0), GOOD)) == "in time"

    async def slow() -> str:
        account = Account()
        try:
            async with asyncio.timeout(10.0) as account.deadline:
                with charged_to(account):
                    await client(Tells(fault(), GOOD, seconds=6.0)).complete(REQUEST)
                    await asyncio.sleep(5.0)
        except TimeoutError:
            return "timeout"
        return "in time"

    assert run_virtually(slow()) == "timeout"


def test_requests_and_tokens_a_minute_are_kept() -> None:
    async def minute(gate: Gate, seconds: float) -> int:
        provider = Tells(GOOD, seconds=0.1)
        shared = client(provider, gate=gate)

        async def ask() -> None:
            while True:
                await shared.complete(REQUEST)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(ask() for _ in range(20)))
        return len(provider.asked)

    assert 118 <= run_virtually(minute(Gate(Door(), rpm=60), 120.0)) <= 122
    # Of 100 tokens each, so 60 a minute, whatever was expected of them.
    assert 110 <= run_virtually(minute(Gate(Door(), tpm=6000), 120.0)) <= 125


def test_a_wait_that_is_cancelled_gives_its_place_back() -> None:
    async def play() -> Sequence[str]:
        door = Door(1)
        gate = Gate(door)
        order: list[str] = []

        async def through(name: str) -> None:
            ticket = await gate.enter()
            order.append(name)
            gate.leave(ticket)

        held = await gate.enter()
        waiting = [asyncio.create_task(through(name)) for name in ("one", "two", "three")]
        await asyncio.sleep(1.0)
        waiting[0].cancel()
        await asyncio.sleep(1.0)
        gate.leave(held)
        # Its turn has come, and it doesn't know it yet.
        waiting[1].cancel()
        await asyncio.wait(waiting)
        assert door.window.in_flight == 0
        return order

    assert run_virtually(play()) == ["three"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-4", 0.0), ("soon", None), ("", None), ("nan", None), ("inf", None)],
)
def test_a_retry_after_in_seconds_is_read(header: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": header}, datetime.now(UTC)) == seconds


def test_a_retry_after_as_a_date_counts_from_the_servers_own_clock() -> None:
    now = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
    until = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": until}, now) == 90.0
    server = format_datetime(now + timedelta(seconds=60), usegmt=True)
    assert retry_after({"retry-after": until, "date": server}, now) == 30.0
    assert retry_after({"retry-after": until}, now + timedelta(hours=1)) == 0.0
