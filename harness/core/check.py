"""Checks as data, and what comes of them.

A check spec says what must hold; `harness.checks` holds the functions that decide it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from harness.core.message import Party
from harness.core.parsing import JsonObject, Model


class CheckKind(StrEnum):
    """The kinds of check; a phase's `reward_basis` is made of these."""

    STATE = "state"
    PROBE = "probe"
    ROWS = "rows"
    TESTS = "tests"
    ACTION = "action"
    COMMUNICATE = "communicate"
    STATEMENT = "statement"
    WITHHELD = "withheld"
    FORBIDDEN = "forbidden"
    ORDER = "order"
    SEQUENCE = "sequence"
    REFERENCES = "references"
    QUESTIONS = "questions"


DIAGNOSTIC = frozenset({CheckKind.SEQUENCE, CheckKind.REFERENCES, CheckKind.QUESTIONS})
"""Kinds that say how a result came about: many ways are right, so they count only where a `reward_basis` names them."""


class StateCheck(Model):
    """The world of these parties ends as the reference solution leaves it (τ²: DB)."""

    kind: Literal[CheckKind.STATE] = CheckKind.STATE
    parties: tuple[Party, ...] = (Party.AGENT, Party.USER)
    ignore: tuple[str, ...] = ()
    """Parts of the state that don't count, as dotted paths (`clipboard`, `settings.brightness`). Only where the
    environment has a probe `state`."""


class ProbeCheck(Model):
    """A probe of the environment (a read that is no tool) returns `expected` (τ²: ENV_ASSERTION)."""

    kind: Literal[CheckKind.PROBE] = CheckKind.PROBE
    name: str
    arguments: JsonObject = Field(default_factory=dict)
    party: Party = Party.AGENT
    """Whose side of the world is probed."""
    expected: JsonValue = True


class RowsCheck(Model):
    """The rows that were handed in equal the rows that the reference hands in."""

    kind: Literal[CheckKind.ROWS] = CheckKind.ROWS
    ordered: bool = False
    """Whether the order of the rows counts."""
    decimals: int = Field(default=2, ge=0, le=12)
    """Numbers are equal if they agree when rounded to so many decimals."""


class TestsCheck(Model):
    """Python test cases find the submitted SQL right (BIRD-INTERACT's Management tasks).

    Each defines `test_case(pred_sqls, sol_sqls, db_name, conn)`, which raises where the submission is wrong. They are
    a pack's own code and run in a limited child process.
    """

    kind: Literal[CheckKind.TESTS] = CheckKind.TESTS
    code: tuple[str, ...] = Field(min_length=1)


class ActionCheck(Model):
    """Some call in the trajectory matches (τ²: ACTION; order and count don't matter)."""

    kind: Literal[CheckKind.ACTION] = CheckKind.ACTION
    tool: str
    arguments: JsonObject = Field(default_factory=dict)
    compare: tuple[str, ...] | None = None
    """Names of the arguments to compare; `[]`: the tool's name only, `None`: those that the call has
    (upstream's rule: what a call leaves out passes)."""


class CommunicateCheck(Model):
    """Some text of the agent holds this, letter case and commas in the text aside (τ²: COMMUNICATE)."""

    kind: Literal[CheckKind.COMMUNICATE] = CheckKind.COMMUNICATE
    text: str


class StatementCheck(Model):
    """A judge model finds this statement true of the conversation (τ²: NL_ASSERTION)."""

    kind: Literal[CheckKind.STATEMENT] = CheckKind.STATEMENT
    statement: str


class WithheldCheck(Model):
    """The publisher keeps the ground truth back: nothing can be decided here."""

    kind: Literal[CheckKind.WITHHELD] = CheckKind.WITHHELD
    reason: str


class ForbiddenCheck(Model):
    """Nothing that was carried out in this phase matches, not even something that was undone later.

    What was carried out is what the environment's probe `performed` says (on the simulated phone: actions, also those
    inside shortcuts), or else the tool calls of both parties.
    """

    kind: Literal[CheckKind.FORBIDDEN] = CheckKind.FORBIDDEN
    performed: str
    """An action's identifier or a tool's name."""
    arguments: JsonObject = Field(default_factory=dict)
    """It matches only with these among its arguments."""


class OrderCheck(Model):
    """Something was carried out, and something else after it; several of these make a partial order."""

    kind: Literal[CheckKind.ORDER] = CheckKind.ORDER
    first: str
    then: str


class SequenceCheck(Model):
    """The reference's actions are carried out in its order, maybe with others between them (longest common
    subsequence). Its score is their share."""

    kind: Literal[CheckKind.SEQUENCE] = CheckKind.SEQUENCE


class ReferencesCheck(Model):
    """Values go from action to action as in the reference: the same kinds of action feed the same parameters, variables
    followed to what set them. Its score is the F1 of these references."""

    kind: Literal[CheckKind.REFERENCES] = CheckKind.REFERENCES


class QuestionsCheck(Model):
    """The user is asked what the reference has them answer, and nothing else. Its score is the share of the needed
    questions that were put among the needed and the needless ones."""

    kind: Literal[CheckKind.QUESTIONS] = CheckKind.QUESTIONS


CheckSpec = Annotated[
    StateCheck
    | ProbeCheck
    | RowsCheck
    | TestsCheck
    | ActionCheck
    | CommunicateCheck
    | StatementCheck
    | WithheldCheck
    | ForbiddenCheck
    | OrderCheck
    | SequenceCheck
    | ReferencesCheck
    | QuestionsCheck,
    Field(discriminator="kind"),
]


class Verdict(StrEnum):
    """What a check found. `not_evaluated` never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EVALUATED = "not_evaluated"


class CheckResult(Model):
    """The verdict of one check."""

    kind: CheckKind
    verdict: Verdict
    label: str = ""
    """Which check of its kind, in a few words."""
    reason: str = ""
    """Why, where it isn't `passed`; of a statement, what its judge said."""
    score: float | None = None
    """How much of it holds, from 0 to 1, where that has a meaning."""
    evidence: str = ""
    """Of a statement: the digest of the conversation and the statement that were judged. Empty: nobody judged."""


class PhaseReward(Model):
    """What came of one phase."""

    phase: int
    tries: int = 1
    """Times that an answer was handed in."""
    checks: tuple[CheckResult, ...] = ()
    """Those of the reward basis and diagnostic ones."""
    basis: tuple[CheckKind, ...] = ()
    value: float | None = None
    """1, 0, or `None` where no check of the basis failed but one could not be evaluated."""


SOLVED_WITHIN = 1e-6
"""So far from 1 a reward still counts as 1 (τ²'s tolerance)."""


def is_success(reward: float) -> bool:
    """Whether a reward is 1."""
    return abs(reward - 1) <= SOLVED_WITHIN


class Reward(Model):
    """The checks of an episode, combined."""

    value: float | None
    """In [0, 1]; `None`: undecided, counted neither as success nor as failure."""
    phases: tuple[PhaseReward, ...] = ()
    reason: str = ""
    """Why the value is what it is, where the checks alone don't say."""
