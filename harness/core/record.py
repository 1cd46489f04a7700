"""What an episode leaves: the record, which stands alone, and the attempt that carries it."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from harness.core.check import Reward
from harness.core.event import Event
from harness.core.identity import digest
from harness.core.limits import Limits
from harness.core.message import Usage
from harness.core.mode import Mode
from harness.core.parsing import Model
from harness.core.termination import Termination


class EpisodeUsage(Model):
    """Usage by seat, kept apart."""

    agent: Usage = Usage()
    user: Usage = Usage()
    judge: Usage = Usage()


class Record(Model):
    """One episode. Nothing in it depends on the clock: the same seed gives the same bytes."""

    pack: str
    pack_hash: str
    task: str
    trial: int = Field(ge=0)
    seed: int
    agent: str
    simulator: str
    mode: Mode = Mode.DEFAULT
    events: tuple[Event, ...]
    termination: Termination
    reward: Reward
    usage: EpisodeUsage = EpisodeUsage()
    limits: Limits = Limits()
    """Those that were in force."""
    turns: int = 0
    """Times the agent acted."""
    tool_calls: int = 0
    """Calls of both parties."""
    fingerprints: dict[str, str] = Field(default_factory=dict)
    """The world's at the end, by party."""

    @property
    def key(self) -> tuple[str, str, int]:
        """(pack, task, trial): what a run must have exactly one finished result for."""
        return (self.pack, self.task, self.trial)

    def trajectory_hash(self) -> str:
        """The content hash of the events."""
        return digest(self.model_dump(mode="json", include={"events"}))


class Timings(Model):
    """Where the time went, in seconds. Apart from the record, so that records are reproducible."""

    started_at: str
    """ISO 8601, UTC."""
    wall_s: float
    agent_s: float = 0.0
    user_s: float = 0.0
    environment_s: float = 0.0
    scoring_s: float = 0.0


class Traffic(Model):
    """What an attempt asked of models, whatever became of it. Apart from the record: how often a provider had to be
    asked says nothing about the agent."""

    requests: int = 0
    """Sent, repetitions included."""
    retries: int = 0
    """Of them, repetitions."""
    cached: int = 0
    """Calls answered from the request cache; they sent nothing."""
    faults: dict[str, int] = Field(default_factory=dict)
    """Requests that failed, by cause (`harness.models.faults`)."""
    waited_s: float = 0.0
    """Seconds spent on failed requests, back-off and rate limits; the episode's time limit doesn't count them."""
    paid: Usage = Usage()
    """Everything that was answered and paid for, all seats together, acts that came to nothing included."""

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            requests=self.requests + other.requests,
            retries=self.retries + other.retries,
            cached=self.cached + other.cached,
            faults=dict(Counter(self.faults) + Counter(other.faults)),
            waited_s=round(self.waited_s + other.waited_s, 6),
            paid=self.paid + other.paid,
        )


class Attempt(Model):
    """One start of an episode: a line of the journal. A later attempt supersedes, never erases."""

    attempt: int = Field(ge=0)
    """0 for a trial's first; +1 for each re-run after an infrastructure failure."""
    timings: Timings
    traffic: Traffic = Traffic()
    record: Record
