"""Lines of upstream's experiment logs, and the scored steps in them.

A line holds one shortcut's gold actions and, index by index, what became of each: copied where no model was asked, or
what the model said. A shortcut whose prompt didn't fit, or was refused, is cut off there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from environments.shortcuts.published.actions import IDENTIFIER, PARAMETERS, Action, level_of, read_actions
from environments.shortcuts.published.lengths import length, positions
from harness.core.parsing import JsonObject, Model

State = Literal["copy_from_true", "generated_by_agent", "json_error"]


class Outcome(Model):
    """What became of one gold action."""

    state: State
    aseq: JsonValue = None
    """What was generated, as parsed; of an action that was copied, the action."""


class LogLine(Model, extra="ignore"):
    """One shortcut of a log; upstream's further keys (descriptions, tokens, costs) are left aside."""

    URL: str
    query: str = ""
    api_names: tuple[str, ...]
    """The APIs that were offered, those of the gold first."""
    aseqs: JsonValue
    """The gold actions as far as the model came."""
    bseqs: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One action that a model had to predict, and what it said."""

    url: str
    index: int
    """Of the action in the whole shortcut."""
    gold: Action
    identifier: JsonValue
    """What was predicted; `None` where nothing readable was."""
    parameters: JsonObject | None
    """Predicted parameters; `None` where there are none."""
    level: int | None
    """Of the shortcut, 0 to 3; `None`: it is too long for any."""
    position: int | None
    """Place along the longest path."""
    offered: Sequence[str]

    @property
    def selected(self) -> bool:
        """Whether the right API was chosen."""
        return self.identifier == self.gold.identifier


def steps_of(line: LogLine) -> Iterator[Step]:
    """The scored steps of a line, in order.

    Raises:
        InputError: the gold isn't a list of actions.
        Underivable: a marker in it lacks its group or mode.
    """
    gold = read_actions(line.aseqs, f"{line.URL}: aseqs")
    level, places = level_of(length(gold)), positions(gold)
    for index, (action, outcome) in enumerate(zip(gold, line.bseqs, strict=False)):
        if action.scored:
            identifier, parameters = predicted(outcome)
            yield Step(line.URL, index, action, identifier, parameters, level, places[index], line.api_names)


def predicted(outcome: Outcome) -> tuple[JsonValue, JsonObject | None]:
    """The identifier and the parameters that were predicted, each `None` where there is none to be read."""
    said = outcome.aseq
    if outcome.state == "json_error" or not isinstance(said, dict):
        return None, None
    parameters = said.get(PARAMETERS)
    return said.get(IDENTIFIER), parameters if isinstance(parameters, dict) else None
