"""A model behind limits: the one place where a call is sent, counted and repeated.

A `Provider` makes one try. This client lets it through the gate, charges it to the episode's account, and repeats what
the table in `harness.models.faults` says may be repeated: after a wait that doubles from half a second, with jitter
from the trial's seed, and never sooner than the provider asks for. Repetitions have three budgets: of the call, of the
episode, of the run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Protocol

from harness.core.model_settings import RetryPolicy
from harness.models.account import Account, account
from harness.models.client import Completion, Request
from harness.models.faults import Cause, Fault
from harness.models.gate import Gate

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LONGEST_ASKED_S = 300.0
"""A provider that asks for a longer wait than this is not waited for."""
_RUN_SHARE = 0.5
_RUN_FLOOR = 100
_CHARACTERS_A_TOKEN = 4
_OUTPUT_GUESS = 256
"""Tokens of an answer, for as long as none has been seen."""


class Provider(Protocol):
    """Answers a request or fails, once."""

    name: str
    native_tools: bool

    async def send(self, request: Request) -> Completion:
        """One try.

        Raises:
            Fault: it failed.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(slots=True)
class RunRetries:
    """The run's budget of repetitions, shared by all its models."""

    policy: RetryPolicy
    requests: int = 0
    retries: int = 0

    @property
    def spent(self) -> bool:
        """Whether nothing may be repeated any more."""
        most = self.policy.per_run
        return self.retries >= (max(_RUN_FLOOR, int(_RUN_SHARE * self.requests)) if most is None else most)


class RemoteClient:
    """A `ModelClient` for a provider that may be slow, busy or broken."""

    def __init__(self, provider: Provider, gate: Gate, run: RunRetries) -> None:
        self.name = provider.name
        self.native_tools = provider.native_tools
        self._provider = provider
        self._gate = gate
        self._run = run
        self._output = float(_OUTPUT_GUESS)

    async def complete(self, request: Request) -> Completion:
        """One answer; see `ModelClient`."""
        charged = account()
        tries = 1
        while True:
            try:
                return await self._try(request, charged)
            except Fault as fault:
                wait = pause(fault, tries, charged.random)
                if (why := self._ends(fault, tries, wait, charged)) is not None:
                    raise fault.ends_episode(self.name, why) from None
            tries += 1
            charged.retries += 1
            charged.retries_left -= 1
            self._run.retries += 1
            with charged.waiting():
                await asyncio.sleep(wait)

    async def close(self) -> None:
        """Give back connections."""
        await self._provider.close()

    async def _try(self, request: Request, charged: Account) -> Completion:
        expected = self._expected(request) if self._gate.counts_tokens else 0.0
        if self._gate.free:
            ticket = await self._gate.enter()
        else:
            with charged.waiting():
                ticket = await self._gate.enter(expected)
        charged.requests += 1
        self._run.requests += 1
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            answer = await self._provider.send(request)
        except Fault as fault:
            charged.failed(fault.rule.cause, loop.time() - began)
            if fault.rule.cause is Cause.RATE_LIMIT:
                asked = fault.retry_after_s or 0.0
                # Nobody waits as long as all that: whoever asks next is refused as well, and ends.
                self._gate.leave_refused(ticket, wait_s=asked if asked <= LONGEST_ASKED_S else 0.0)
            else:
                self._gate.leave_broken()
            raise
        except BaseException:
            self._gate.leave_broken()
            raise
        self._gate.leave(ticket, unused_tokens=expected - answer.usage.tokens if expected else 0.0)
        self._output += (answer.usage.output_tokens - self._output) / 16
        charged.paid += answer.usage
        return answer

    def _expected(self, request: Request) -> float:
        characters = sum(len(message.text) for message in request.messages)
        characters += sum(len(tool.description) + len(str(tool.parameters)) for tool in request.tools)
        return characters / _CHARACTERS_A_TOKEN + self._output

    def _ends(self, fault: Fault, tries: int, wait: float, charged: Account) -> str | None:
        """Why nothing is tried any more; `None`: it is tried again."""
        if not fault.rule.retry:
            return ""
        if tries >= self._run.policy.tries:
            return f"{tries} tries"
        if wait > LONGEST_ASKED_S:
            return f"it asks for a wait of {wait:.0f} s"
        if charged.retries_left <= 0:
            return "the episode's retries are used up"
        if self._run.spent:
            return "the run's retries are used up"
        return None


def pause(fault: Fault, tries: int, random: Random) -> float:
    """Seconds to wait after this many tries have failed."""
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.0)
    asked = fault.retry_after_s or 0.0
    # Spread over a little more than was asked for, so that those who were told the same don't come back together.
    return max(wait, asked * random.uniform(1.0, 1.1))
