"""What an episode has used so far, against its limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core.limits import Limits
from harness.core.message import Party, Usage
from harness.core.record import EpisodeUsage
from harness.core.termination import Termination


@dataclass(slots=True)
class Ledger:
    """Counts acts, calls, errors, tokens and money; action points are the `Budget`'s."""

    limits: Limits
    turns: int = 0
    """Acts of the agent."""
    steps: int = 0
    """Acts of anyone, a batch of tool calls counting as one (τ²'s step)."""
    tool_calls: int = 0
    errors: int = 0
    judge: Usage = field(default_factory=Usage)
    usage: dict[Party, Usage] = field(default_factory=lambda: {Party.AGENT: Usage(), Party.USER: Usage()})

    def before_act(self, party: Party) -> Termination | None:
        """Whether `party` may act once more. An end on the very last step allowed stands."""
        limits, spent = self.limits, self.usage[Party.AGENT]
        if party is Party.AGENT and limits.max_turns is not None and self.turns >= limits.max_turns:
            return Termination.MAX_TURNS
        if limits.max_steps is not None and self.steps >= limits.max_steps:
            return Termination.MAX_STEPS
        if self.too_many_errors:
            return Termination.TOO_MANY_ERRORS
        if limits.max_tokens is not None and spent.tokens >= limits.max_tokens:
            return Termination.BUDGET_EXHAUSTED
        if limits.max_cost_usd is not None and (spent.cost_usd or 0.0) >= limits.max_cost_usd:
            return Termination.BUDGET_EXHAUSTED
        return None

    @property
    def too_many_errors(self) -> bool:
        """Whether as many calls have failed as may."""
        return self.limits.max_errors is not None and self.errors >= self.limits.max_errors

    def acted(self, party: Party, usage: Usage | None) -> None:
        """`party` has acted, and its model used this."""
        self.steps += 1
        self.turns += party is Party.AGENT
        if usage is not None:
            self.usage[party] = self.usage[party] + usage

    def judged(self, usage: Usage) -> None:
        """A judge used this; no limit of the episode counts it."""
        self.judge = self.judge + usage

    def called(self, *, failed: bool) -> None:
        """A tool call came back."""
        self.tool_calls += 1
        self.errors += failed

    def episode_usage(self) -> EpisodeUsage:
        """Usage by seat."""
        return EpisodeUsage(agent=self.usage[Party.AGENT], user=self.usage[Party.USER], judge=self.judge)
