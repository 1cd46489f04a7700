"""A static task: a published shortcut whose next action is asked for again and again, and how replies are judged.

Teacher-forced, as ShortcutsBench is: at every scored action a model sees the query, the candidates, and the gold
actions before it, never its own earlier replies and no results. With `steps = "all"` the actions that upstream only
shows are asked for too; its four metrics leave them out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from environments.shortcuts.published.actions import FILTERED, Action, Types, level_of, read_actions
from environments.shortcuts.published.full import Full, Variables, variables_before
from environments.shortcuts.published.lengths import length, positions
from environments.shortcuts.published.logs import LogLine, Outcome, Step, predicted
from environments.shortcuts.published.metrics import ESSENTIAL
from environments.shortcuts.published.parameters import primitive_parameters
from environments.shortcuts.published.replies import Unparsable, parse_reply
from harness.core.parsing import JsonObject, Model

Steps = Literal["scored", "all"]
_MOST = 20
"""Candidates beyond which no distractors are added."""


class StaticSetup(Model):
    """The `setup` of a static task."""

    url: str
    """Which shortcut it is, upstream's key for everything."""
    query: str
    actions: JsonValue
    """The gold, whole."""
    candidates: tuple[str, ...]
    """APIs to choose from, those of the gold first; shown in alphabetical order."""
    tags: dict[str, dict[str, str]] | None = None
    """By action index, by parameter: what a model said of its being essential. `None`: nobody was asked."""
    category: str = ""


@dataclass(frozen=True)
class StaticTask:
    """A static task, read."""

    setup: StaticSetup
    types: Types
    steps: Steps

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The gold.

        Raises:
            InputError: it isn't a list of actions.
        """
        return read_actions(self.setup.actions, self.setup.url)

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """Indices of the actions that are asked for, in order."""
        return tuple(index for index, action in enumerate(self.actions) if is_asked(action, self.steps))

    def log_line(self, replies: Sequence[str]) -> LogLine:
        """The task and its replies as a line of upstream's log: cut off where the replies end."""
        answers = dict(zip(self.asked, map(outcome, replies), strict=False))
        end = len(self.actions) if len(replies) >= len(self.asked) else self.asked[len(replies)]
        outcomes = tuple(
            answers[index] if index in answers else Outcome(state="copy_from_true", aseq=action.as_json())
            for index, action in enumerate(self.actions[:end])
        )
        return LogLine(
            URL=self.setup.url,
            query=self.setup.query,
            api_names=self.setup.candidates,
            aseqs=[action.as_json() for action in self.actions[:end]],
            bseqs=outcomes,
        )

    def count(self, replies: Sequence[str], full: Full) -> None:
        """Count every step that is asked for in `full`; what wasn't answered is wrong."""
        for step, variables in self._answered(replies):
            full.count(step, self.essential(step.index), variables)

    def wrong_choices(self, replies: Sequence[str]) -> list[JsonValue]:
        """Indices of the actions for which another API, or none, was named."""
        return [step.index for step, _ in self._answered(replies) if not step.selected]

    def wrong_parameters(self, replies: Sequence[str]) -> list[JsonValue]:
        """Indices of the actions in whose parameters an essential value or a reference is missing or another."""
        wrong: list[JsonValue] = []
        for step, variables in self._answered(replies):
            counted = Full()
            counted.count(step, self.essential(step.index), variables)
            tallies = [metric.overall for metric in (counted.primitives, counted.outputs, counted.inputs)]
            if any(tally.correct < tally.total for tally in tallies):
                wrong.append(step.index)
        return wrong

    def _answered(self, replies: Sequence[str]) -> Iterator[tuple[Step, Variables]]:
        level, places = level_of(length(self.actions)), positions(self.actions)
        variables = list(variables_before(self.actions))
        answers = [*map(outcome, replies), *[Outcome(state="json_error")] * (len(self.asked) - len(replies))]
        for index, answer in zip(self.asked, answers, strict=False):
            identifier, parameters = predicted(answer)
            gold, offered = self.actions[index], self.setup.candidates
            yield (
                Step(self.setup.url, index, gold, identifier, parameters, level, places[index], offered),
                variables[index],
            )

    def essential(self, index: int) -> list[str]:
        """Names of an action's primitive parameters that are essential to the query; all of them where nobody knows."""
        names = self._primitives.get(index, {})
        if self.setup.tags is None:
            return list(names)
        tags = self.setup.tags.get(str(index), {})
        return [name for name in names if tags.get(name) == ESSENTIAL]

    @cached_property
    def _primitives(self) -> Mapping[int, JsonObject]:
        return primitive_parameters(self.actions, self.types)


def is_asked(action: Action, steps: Steps) -> bool:
    """Whether an action is asked for."""
    return action.scored if steps == "scored" else action.identifier not in FILTERED


def outcome(reply: str) -> Outcome:
    """What became of a step, in upstream's terms."""
    try:
        return Outcome(state="generated_by_agent", aseq=parse_reply(reply))
    except Unparsable:
        return Outcome(state="json_error")


def draw_candidates(actions: Sequence[Action], known: Sequence[str], steps: Steps, draw: random.Random) -> list[str]:
    """The APIs to choose from: those of the gold, and others by upstream's rule (three to five times as many, 20 in all
    at most).

    Args:
        actions: The gold.
        known: All APIs with a description.
        steps: Which actions are asked for.
        draw: Makes the choice; upstream's isn't repeatable.
    """
    gold = list(dict.fromkeys(action.identifier for action in actions if is_asked(action, steps)))
    others = sorted(set(known) - set(gold))
    wanted = max(min(len(gold) * draw.randint(3, 5), _MOST - len(gold)), 0)
    return gold + draw.sample(others, min(wanted, len(others)))
