"""How much an episode may take."""

from __future__ import annotations

from pydantic import Field

from harness.core.parsing import Model


class Limits(Model):
    """Limits of one episode; a field that is `None` inherits (CLI, then task, then pack, then default)."""

    max_turns: int | None = Field(default=None, ge=1)
    """Times the agent may act."""
    max_steps: int | None = Field(default=None, ge=1)
    """Times anyone may act: an act of the agent or the user, or a batch of tool calls (τ²'s step)."""
    max_errors: int | None = Field(default=None, ge=1)
    """Failed tool calls, both parties together."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Input and output tokens of the agent."""
    max_cost_usd: float | None = Field(default=None, gt=0)
    """US dollars that the agent's model calls may cost; an unknown price can't be limited."""
    action_points: float | None = Field(default=None, gt=0)
    """Budget for the agent's tool costs. In a-Interact it is BIRD-INTERACT's formula, whatever is given here."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Wall-clock seconds."""

    def over(self, base: Limits) -> Limits:
        """These limits, with `base` for whatever they leave open."""
        mine = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return base.model_copy(update=mine)


DEFAULT_LIMITS = Limits(max_turns=60, max_steps=200, max_errors=10, timeout_s=1800.0)
"""τ²'s 200 steps and 10 errors; BIRD-INTERACT's 60 turns; half an hour."""
INTERACT_LIMITS = Limits(max_turns=60, timeout_s=1800.0)
"""Of BIRD-INTERACT's settings, which know turns and action points, and count no errors."""
