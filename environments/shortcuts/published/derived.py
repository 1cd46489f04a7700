"""All that upstream derives from one shortcut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from environments.shortcuts.published.actions import Action, Definitions, unique_apis
from environments.shortcuts.published.history import history
from environments.shortcuts.published.lengths import length, positions
from environments.shortcuts.published.parameters import output_names, primitive_parameters
from environments.shortcuts.published.wording import Wording
from environments.shortcuts.published.workflow_text import workflow_text
from harness.core.parsing import JsonObject


@dataclass(frozen=True, slots=True)
class Deriving:
    """One shortcut whose values are asked for; each is computed by itself, since upstream may break on one alone.

    Every property raises `Underivable` where upstream's own function breaks.
    """

    actions: Sequence[Action]
    definitions: Definitions

    @property
    def length(self) -> int:
        """Along the longest path."""
        return length(self.actions)

    @property
    def unique_apis(self) -> int:
        """APIs in use."""
        return unique_apis(self.actions)

    @property
    def pos(self) -> list[int | None]:
        """Each action's 1-based place along the longest path."""
        return positions(self.actions)

    @property
    def primitive_parameters(self) -> dict[int, JsonObject]:
        """By the action's index."""
        return primitive_parameters(self.actions, self.definitions.types)

    @property
    def output_names(self) -> dict[str, JsonValue]:
        """By UUID or variable."""
        return output_names(self.actions, self.definitions.types)

    @property
    def history(self) -> list[JsonObject]:
        """All actions as a model is shown them."""
        return history(self.actions, self.output_names)

    @property
    def workflow_text(self) -> str:
        """The shortcut as text."""
        return workflow_text(self.actions, Wording(self.definitions, self.output_names), self.primitive_parameters)
