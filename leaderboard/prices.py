"""What a model's tokens cost, by the list."""

from __future__ import annotations

from harness.core.message import Usage
from harness.core.model_settings import ModelSettings
from harness.models.litellm_client import import_litellm
from harness.models.prices import Prices
from leaderboard.submission import Price

_FREE = ("local/", "llamacpp/", "vllm/", "scripted/")
"""Models that nobody is paid for by the token."""
_MILLION = 1_000_000


def price_of(model: str, settings: ModelSettings | None) -> Price | None:
    """The list price of a model: the run's settings, else litellm's table; `None`: unknown."""
    if settings is not None and settings.price_in is not None and settings.price_out is not None:
        return Price(input=settings.price_in, output=settings.price_out, cached=settings.price_cached)
    if settings is not None and settings.base_url is not None:
        return None
    if model.startswith(_FREE):
        return Price(input=0.0, output=0.0)
    table = import_litellm().model_cost
    entry = table.get(model) or table.get(model.partition("/")[2])
    if entry is None or "input_cost_per_token" not in entry:
        return None
    cached = entry.get("cache_read_input_token_cost")
    return Price(
        input=float(entry["input_cost_per_token"]) * _MILLION,
        output=float(entry.get("output_cost_per_token") or 0.0) * _MILLION,
        cached=None if cached is None else float(cached) * _MILLION,
    )


def list_cost(price: Price, usage: Usage) -> float:
    """What these tokens cost by the list, in US dollars."""
    prices = Prices(price.input, price.output, price.input if price.cached is None else price.cached)
    return prices.cost(usage.input_tokens, usage.output_tokens, usage.cached_tokens)
