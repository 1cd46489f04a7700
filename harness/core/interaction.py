"""How an episode goes beyond the one loop, as data: which tools are offered, what acts cost, how often an answer may be
handed in, and what happens when the budget is used up.

c-Interact and a-Interact are BIRD-INTERACT's (arXiv 2510.05318); where upstream's three implementations disagree,
`Rules` says whose way it goes. docs/interactive-sql.md has the table of differences. `interaction_of` makes the data
from a pack's options, a task and a mode; `harness.engine` plays by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from harness.core.limits import Limits
from harness.core.mode import Mode
from harness.core.pack import Pack
from harness.core.parsing import Model, parse
from harness.core.task import Task

SUBMIT = "submit_sql"
"""The tool that hands in an answer in BIRD-INTERACT's settings."""
_SHOWN = ("get_schema", "get_all_knowledge")
"""What c-Interact calls for the agent at the start; column meanings are never shown there (upstream's rule)."""
_LOOK = frozenset({"list_actions", "describe_action"})
_LIVE = _LOOK | {"run_action", "run_shortcut"}
_AUTHOR = _LOOK | {"submit_shortcut"}
"""What the agent holds on the simulated phone."""
_ASK = 2.0
_UNKNOWN = 0.2
_TRIES = 2


class Rules(StrEnum):
    """Whose rules a setting follows where upstream's implementations disagree."""

    PAPER = "paper"
    """The paper's intent, with the traps of the implementations mended."""
    LEGACY = "legacy"
    """The command-line pipelines that the paper's results were made with."""
    ADK = "adk"
    """The service version."""


class Depletion(StrEnum):
    """What happens when the action points don't pay for an act."""

    ENDS = "ends"
    """The act ends the episode."""
    LAST_SUBMIT = "last_submit"
    """The act is refused; a submission is taken once more all the same, and is the last (paper)."""
    OVERDRAFT = "overdraft"
    """The act is done on credit. With nothing left only a submission may follow, and one that leaves nothing, or
    is made with nothing left, is the last (legacy)."""
    FREE_SUBMIT = "free_submit"
    """As `LAST_SUBMIT`, and a submission that takes the last point is the last one too (adk)."""


@dataclass(frozen=True, slots=True)
class Clarification:
    """Questions to the user before the first submission. After it the user takes SQL only."""

    questions: int
    """How many are announced."""
    enforced: bool = True
    """Whether a further one is refused (adk only counts them)."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """What the one loop plays by."""

    tools: frozenset[str] | None = None
    """Names of the agent's tools; `None`: all that the environment offers."""
    shown: tuple[str, ...] = ()
    """Tools that are called for the agent at the start, without arguments and at no cost."""
    tries: int | None = 1
    """Times that a phase's answer may be handed in; `None`: as often as the budget pays for."""
    graded: bool = False
    """Whether a phase that took more than one try earns `Phase.retry_weight`."""
    agent_led: bool = False
    """Whether only the agent can end the conversation: the user's farewell is words like others."""
    clarification: Clarification | None = None
    points: float | None = None
    """Budget of action points for everything that costs; `None`: nothing is counted."""
    ask_cost: float = 0.0
    """Points for saying something to the user."""
    unknown_cost: float = 0.0
    """Points for a call of a tool that there is not."""
    depletion: Depletion = Depletion.ENDS
    refusals: int | None = 0
    """Acts in a row that are refused before one ends the episode; `None`: any number."""
    notes: bool = False
    """Whether the agent is told after everything it sees what is left."""
    relay: str = ""
    """The user's tool that asks in the user's place, given each `reply`. A request stands alone: the agent sees nothing
    of what came before it. Empty: a simulator asks."""


FREE = Interaction()
"""Play without any of it."""


class _Terms(Model):
    rules: Rules = Rules.PAPER
    patience: int = Field(default=3, ge=0)


def interaction_of(pack: Pack, task: Task, mode: Mode, limits: Limits, *, grafted: bool = False) -> Interaction:
    """How an episode of this task goes in this mode.

    Args:
        limits: Those in force; in free play their `action_points` are the budget.
        grafted: Whether the clarification is another agent's and given, so that no question is left to ask.

    Raises:
        InputError: the pack's options `rules` or `patience` are wrong.
    """
    if not mode.interact:
        tools = None
        if pack.manifest.environment == "shortcuts":
            tools = _AUTHOR if mode is Mode.AUTHOR else _LIVE
        protocol = pack.manifest.protocol
        return Interaction(tools=tools, tries=protocol.tries, points=limits.action_points, relay=protocol.relay)
    terms = _terms(pack)
    if mode is Mode.A_INTERACT:
        return _agentic(terms, task)
    return _conversational(terms, task, grafted=grafted)


def patience_of(pack: Pack) -> int:
    """The user's patience in this pack, as its options have it.

    Raises:
        InputError: the option is wrong.
    """
    return _terms(pack).patience


def _terms(pack: Pack) -> _Terms:
    given = {name: pack.manifest.options[name] for name in _Terms.model_fields if name in pack.manifest.options}
    return parse(_Terms, given, where=f"pack {pack.id!r}: options")


def _conversational(terms: _Terms, task: Task, *, grafted: bool) -> Interaction:
    """c-Interact: `m + patience` questions; legacy counts the turn in which the SQL comes among them."""
    questions = max(task.open_points + terms.patience - (terms.rules is Rules.LEGACY), 0)
    return Interaction(
        tools=frozenset({SUBMIT}),
        shown=_SHOWN,
        tries=_TRIES,
        graded=True,
        agent_led=True,
        clarification=Clarification(0) if grafted else Clarification(questions, terms.rules is not Rules.ADK),
        refusals=_REFUSALS[terms.rules],
        notes=True,
    )


def _agentic(terms: _Terms, task: Task) -> Interaction:
    """a-Interact: `6 + 2 m + 2 patience` points (3 to explore, 3 for one submission)."""
    return Interaction(
        tries=None,
        agent_led=True,
        points=6.0 + 2.0 * task.open_points + 2.0 * terms.patience,
        ask_cost=_ASK,
        unknown_cost=_UNKNOWN if terms.rules is Rules.LEGACY else 0.0,
        depletion=_DEPLETION[terms.rules],
        refusals=_REFUSALS[terms.rules],
        notes=True,
    )


_DEPLETION = {
    Rules.PAPER: Depletion.LAST_SUBMIT,
    Rules.LEGACY: Depletion.OVERDRAFT,
    Rules.ADK: Depletion.FREE_SUBMIT,
}
_REFUSALS: dict[Rules, int | None] = {Rules.PAPER: 1, Rules.LEGACY: 0, Rules.ADK: None}
