"""What a model's tokens cost."""

from __future__ import annotations

from harness.models.litellm_client import import_litellm
from leaderboard.submission import Price

_FREE = ("local/", "llamacpp/", "vllm/", "scripted/", "recorded/")
"""Models that nobody is paid for by the token."""
_MILLION = 1_000_000


def price_of(model: str) -> Price | None:
    """The list price of `provider/name`, from litellm's table; `None`: unknown."""
    if model.startswith(_FREE):
        return Price(input=0.0, output=0.0)
    litellm = import_litellm()
    bare = model.partition("/")[2]
    entry = litellm.model_cost.get(model) or litellm.model_cost.get(bare)
    if entry is None or "input_cost_per_token" not in entry:
        return None
    return Price(
        input=float(entry["input_cost_per_token"]) * _MILLION,
        output=float(entry.get("output_cost_per_token") or 0.0) * _MILLION,
    )
