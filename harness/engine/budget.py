"""What the agent has left to ask and to spend, and what happens when that is nothing: `Interaction`, interpreted.

Every act of the agent that costs is put before `ask` or `call`, which take its price and answer with a `Ruling`. What
is refused costs nothing. `last` tells whether the submission that was just allowed ends the episode.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from harness.core.interaction import SUBMIT, Depletion, Interaction
from harness.core.message import ToolSpec

_EXACT = 6
"""Decimals: prices are tenths, which binary fractions only come near to."""


class Ruling(StrEnum):
    """What becomes of an act."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    """It isn't done; `Budget.refusal` tells the agent why."""
    ENDS = "ends"
    """It isn't done, and the episode is over."""


class Budget:
    """The agent's questions and action points in one episode."""

    def __init__(self, terms: Interaction, tools: Sequence[ToolSpec]) -> None:
        """`tools` are the agent's."""
        self._terms = terms
        self._left = terms.points
        self._asked = 0
        self._closed = False
        self._in_a_row = 0
        prices = [terms.ask_cost, *(spec.cost for spec in tools if spec.name != SUBMIT)]
        self._cheapest = min((price for price in prices if price > 0), default=0.0)
        self.last = False
        """Whether the submission that was allowed last ends the episode."""
        self.refusal = ""
        """Why the act that was refused last isn't done."""

    def ask(self) -> Ruling:
        """The agent says something to the user."""
        terms = self._terms.clarification
        if terms is None:
            return self._charge(self._terms.ask_cost, submits=False)
        if self._closed or (terms.enforced and self._asked >= terms.questions):
            return self._refuse("no more questions are taken")
        self._asked += 1
        return self._allow()

    def call(self, name: str, spec: ToolSpec | None) -> Ruling:
        """The agent calls a tool; `spec` is `None` where there is none of that name."""
        cost = self._terms.unknown_cost if spec is None else spec.cost
        return self._charge(cost, submits=name == SUBMIT and spec is not None)

    def submitted(self) -> None:
        """An answer was handed in: the time for clarifying is over."""
        self._closed = True

    @property
    def note(self) -> str:
        """What the agent is told it has left; empty where nobody counts."""
        if not self._terms.notes:
            return ""
        next_one = f"; {SUBMIT} must be next" if self._must_submit else ""
        terms = self._terms.clarification
        if terms is not None:
            left = 0 if self._closed else max(terms.questions - self._asked, 0)
            return f"[questions left: {left} of {terms.questions}{next_one}]"
        return f"[budget: {self._left or 0:g}/{self._terms.points or 0:g}{next_one}]"

    @property
    def _must_submit(self) -> bool:
        terms = self._terms.clarification
        if terms is not None:
            return self._closed or (terms.enforced and self._asked >= terms.questions)
        left = self._left or 0.0
        return left <= 0 if self._terms.depletion is Depletion.OVERDRAFT else left < self._cheapest

    def _charge(self, cost: float, *, submits: bool) -> Ruling:
        if self._left is None:
            return self._allow()
        left, depletion = self._left, self._terms.depletion
        short = left < cost
        if depletion is Depletion.OVERDRAFT:
            barred = left <= 0 and not submits
        else:
            barred = short and (not submits or depletion is Depletion.ENDS)
        if barred:
            return self._refuse(f"it costs {cost:g} and {left:g} is left")
        self._left = round(left - cost, _EXACT)
        match depletion:
            case Depletion.LAST_SUBMIT:
                self.last = short
                self._left = max(self._left, 0.0)
            case Depletion.FREE_SUBMIT:
                self.last = submits and self._left <= 0
                self._left = -1.0 if short else self._left
            case Depletion.OVERDRAFT:
                self.last = submits and self._left <= 0
        return self._allow()

    def _allow(self) -> Ruling:
        self._in_a_row = 0
        return Ruling.ALLOWED

    def _refuse(self, why: str) -> Ruling:
        self._in_a_row += 1
        if self._terms.refusals is not None and self._in_a_row > self._terms.refusals:
            return Ruling.ENDS
        self.refusal = f"Not done: {why}. {self.note}"
        return Ruling.REFUSED
