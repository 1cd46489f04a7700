"""What tokens cost, where a person has said so; where nobody has, a cost is unknown, which is not zero."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.model_settings import ModelSettings

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a million tokens."""

    input: float
    output: float
    cached: float
    """Of input tokens that the provider had in its cache."""

    @classmethod
    def of(cls, settings: ModelSettings) -> Prices | None:
        """Those of the settings; `None` where they hold none."""
        if settings.price_in is None or settings.price_out is None:
            return None
        cached = settings.price_in if settings.price_cached is None else settings.price_cached
        return cls(settings.price_in, settings.price_out, cached)

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int) -> float:
        """US dollars."""
        cached = min(cached_tokens, input_tokens)
        fresh = input_tokens - cached
        return (fresh * self.input + cached * self.cached + output_tokens * self.output) / _MILLION


FREE = Prices(0.0, 0.0, 0.0)
"""Of servers that Parley runs itself."""
