"""What a submission holds: a manifest that says what was run, a row an attempt, and the trajectories.

```
my-submission/
  submission.json      the manifest; its id is the hash of its own content and pins every other byte
  attempts.jsonl       a row for every started episode, superseded ones too, each chained to the row before it
  trajectories.jsonl   the records, a line each, where their packs' publish policy allows it
  signature.sig        optional: an SSH signature of submission.json
```

There is no metric in it: whoever reads it computes them from the rows. There is no badge in it either: `verify` gives
those. Nothing here trusts what it reads; see `strict`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from harness.core.check import CheckKind, Verdict
from harness.core.identity import digest, digest_bytes
from harness.core.limits import Limits
from harness.core.message import Usage
from harness.core.pack import PackId
from harness.core.parsing import JsonObject, Model
from harness.core.record import EpisodeUsage
from harness.core.suite import Suite
from harness.core.task import TaskId
from harness.core.termination import Termination
from leaderboard.strict import Hash, Line, Name, Url, visible

SCHEMA_VERSION = 1
MANIFEST = "submission.json"
ATTEMPTS = "attempts.jsonl"
TRAJECTORIES = "trajectories.jsonl"
SIGNATURE = "signature.sig"
FILES = (MANIFEST, ATTEMPTS, TRAJECTORIES, SIGNATURE)
GENESIS = digest_bytes(b"parley submission")
"""What the first row is chained to."""
MOST_TRIALS = 1000
MOST_ROWS = 200_000
_MOST = 10**12
"""Of whatever is counted."""
_LONGEST = 200
_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)

Publish = Literal["open", "redact_gold", "sealed"]
Seat = Literal["agent", "user", "judge"]


def _bounded(limits: Limits) -> Limits:
    for name, value in limits.model_dump(exclude_none=True).items():
        if value > _MOST:
            raise ValueError(f"`{name}` must be no more than {_MOST:.0e}")
    return limits


def _plain(suite: Suite) -> Suite:
    """A suite's words are shown, and are anybody's here."""
    _bounded(suite.limits)
    for name, text in (("id", suite.id), ("version", suite.version), ("title", suite.title)):
        if len(text) > _LONGEST:
            raise ValueError(f"`{name}` must have no more than {_LONGEST} characters")
        visible(text)
    return suite


def _of_these_days(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError(f"must lie between {_EARLIEST:%Y} and now")
    return moment


def _countable(usage: EpisodeUsage) -> EpisodeUsage:
    for seat in (usage.agent, usage.user, usage.judge):
        if max(seat.calls, seat.input_tokens, seat.output_tokens, seat.cost_usd or 0) > _MOST:
            raise ValueError(f"nobody uses more than {_MOST:.0e} tokens or dollars")
    return usage


Moment = Annotated[AwareDatetime, AfterValidator(_of_these_days)]
"""A time at which something can have been run."""


class AgentCard(Model):
    """Who was judged."""

    name: Name
    version: Line = ""
    organisation: Line = ""
    url: Url = ""
    commit: Line = ""
    """Of the agent's own code."""
    open_weights: bool | None = None
    """Whether everybody can have the models' weights; `None`: not said."""
    open_scaffold: bool | None = None
    """Whether everybody can have the code around the models."""


class Price(Model):
    """What a model's tokens cost, in US dollars a million."""

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of input that the provider had in its cache; `None`: as any input, or unknown."""


class ModelCard(Model):
    """A model and the seat that it was called from."""

    seat: Seat
    provider: Line
    name: Name
    snapshot: Line = ""
    """The provider's version, where the name doesn't tell."""
    price: Price | None = None
    """`None`: unknown, and so are costs."""


class PackCard(Model):
    """A pack as it was played."""

    id: PackId
    version: Line
    hash: Hash
    publish: Publish
    license: Line


class SuiteCard(Model):
    """What was played."""

    definition: Annotated[Suite, AfterValidator(_plain)]
    hash: Hash
    """Over the definition, the packs and the tasks."""
    packs: tuple[PackCard, ...] = Field(min_length=1)
    tasks: tuple[tuple[PackId, TaskId], ...] = Field(min_length=1)


class HarnessCard(Model):
    """What played it."""

    version: Name
    commit: Line = ""
    python: Line = ""
    platform: Line = ""
    dependencies: Hash
    """Over names and versions of the installed packages."""
    images: dict[Name, Line] = Field(default_factory=dict)
    """Digests of container images, by what they were used for."""


class SeatCard(Model):
    """Who sat beside the agent: the simulated user, or the judge."""

    name: Name
    model: Line | None = None
    prompt: Line = ""
    """Hash of the prompts; empty where there is no model."""
    options: JsonObject = Field(default_factory=dict)


class Protocol(Model):
    """How it was played."""

    seed: int
    """Of the run; a trial's seed is a hash of it, the pack, the task and the trial."""
    trials: int = Field(ge=1, le=MOST_TRIALS)
    """Of each task."""
    limits: Annotated[Limits, AfterValidator(_bounded)]
    """Given for this run, over those of suite, task and pack."""
    faults: Line = ""
    """Profile of faults that were injected; empty: none."""
    graft: Hash | None = None
    """Of another run's clarifications that were given to the agent."""


class Declarations(Model):
    """What nobody can check and the submitter stands for."""

    contact: Line = ""
    trained_on_tasks: bool | None = None
    """Whether a model may have seen these tasks in training; `None`: not said."""
    notes: Line = ""


class Inventory(Model):
    """The other files."""

    attempts: Hash
    trajectories: Hash
    rows: int = Field(ge=1)
    chain: Hash
    """Of the last row."""


class Manifest(Model):
    """The file `submission.json`."""

    schema_version: Literal[1]
    id: Hash
    """Of everything else in this file."""
    created_at: Moment
    """When the run was started."""
    agent: AgentCard
    agent_seat: SeatCard
    """What sat in the agent's seat: a built-in agent with its prompt, a class, a command."""
    models: tuple[ModelCard, ...] = ()
    suite: SuiteCard
    harness: HarnessCard
    simulator: SeatCard
    judge: SeatCard | None
    protocol: Protocol
    inventory: Inventory
    declarations: Declarations = Declarations()
    license: Name
    """SPDX expression of the submission."""

    def content_id(self) -> str:
        """What `id` must be."""
        return digest(self.model_dump(mode="json", exclude={"id"}))

    def price(self, seat: str) -> Price | None:
        """What a seat's model costs; unknown for a seat without one."""
        return next((model.price for model in self.models if model.seat == seat), None)

    def model(self, seat: str) -> str | None:
        """`provider/name` of a seat's model."""
        found = next((model for model in self.models if model.seat == seat), None)
        return None if found is None else f"{found.provider}/{found.name}" if found.provider else found.name


class CheckRow(Model):
    """A check's verdict, without what it looked for."""

    phase: int = Field(ge=0)
    kind: CheckKind
    verdict: Verdict
    decisive: bool
    """Whether its kind is in the phase's reward basis."""


class Row(Model):
    """One started episode."""

    pack: PackId
    task: TaskId
    trial: int = Field(ge=0)
    attempt: int = Field(ge=0)
    seed: int
    started_at: Moment
    wall_s: float = Field(ge=0, le=1e7, allow_inf_nan=False)
    termination: Termination
    reward: float | None = Field(ge=0, le=1, allow_inf_nan=False)
    phases: tuple[float | None, ...]
    """What each judged phase came to."""
    checks: tuple[CheckRow, ...]
    turns: int = Field(ge=0, le=1_000_000)
    tool_calls: int = Field(ge=0, le=1_000_000)
    usage: Annotated[EpisodeUsage, AfterValidator(_countable)]
    superseded_by: int | None
    """The attempt that counts instead; `None`: this one counts."""
    reason: Line = ""
    """Why it was superseded."""
    trajectory: Hash
    """Of the record as published, a line of `trajectories.jsonl`; of the whole record where it is sealed."""
    chain: Hash
    """Over the chain before this row and the row without it."""

    @property
    def key(self) -> tuple[str, str, int]:
        """(pack, task, trial)."""
        return (self.pack, self.task, self.trial)

    def chained(self, before: str) -> str:
        """What `chain` must be after a row whose chain is `before`."""
        return digest([before, self.model_dump(mode="json", exclude={"chain"})])

    @property
    def spent(self) -> Usage:
        """Agent's and user's model calls."""
        return self.usage.agent + self.usage.user
