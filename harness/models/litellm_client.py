"""Any provider, through litellm, which is imported when the first call is made: it takes seconds."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import cast

import anyio
import anyio.to_thread

from harness.core.model_settings import ModelSettings
from harness.core.parsing import JsonObject
from harness.models.client import Completion, Request
from harness.models.faults import Fault, rule_of_error
from harness.models.prices import Prices
from harness.models.retry_after import retry_after
from harness.models.secrets import redact
from harness.models.wire import PLAIN, read_completion, request_body

_SHOWN = 600


class LitellmProvider:
    """A `Provider` that calls `provider/name`."""

    def __init__(self, name: str, settings: ModelSettings = PLAIN, *, key: str | None = None) -> None:
        self.name = name
        self.native_tools = settings.native_tools is not False
        self._settings = settings
        self._target = settings.model or name
        self._prices = Prices.of(settings)
        self._key = key
        self._litellm: ModuleType | None = None
        self._importing = anyio.Lock()

    async def send(self, request: Request) -> Completion:
        """One try; see `Provider`."""
        litellm = self._litellm or await self._library()
        try:
            answer = await litellm.acompletion(
                model=self._target,
                api_base=self._settings.base_url,
                api_key=self._key,
                num_retries=0,
                max_retries=0,
                timeout=self._settings.timeouts.total_s,
                drop_params=True,
                **request_body(request, self._settings),
            )
        except Exception as error:  # noqa: BLE001 - boundary: litellm passes on whatever its providers raise
            text = f"{type(error).__name__}: {redact(str(error))[:_SHOWN]}"
            raise Fault(rule_of_error(error), text, retry_after_s=_asked_wait(error)) from None
        completion = read_completion(cast("JsonObject", answer.model_dump()), self._prices)
        return completion if self._prices is not None else _priced(completion, litellm, answer, self._target)

    async def close(self) -> None:
        """litellm keeps its connections for the process."""

    async def _library(self) -> ModuleType:
        async with self._importing:
            if self._litellm is None:
                self._litellm = await anyio.to_thread.run_sync(import_litellm)
            return self._litellm


def import_litellm() -> ModuleType:
    """litellm, without a request for its price table; takes seconds."""
    # Its price table would otherwise be fetched from the network at import.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    for logger in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        # What it logs of a failed call is what its exception says, less carefully.
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    module: ModuleType = litellm
    return module


def _priced(completion: Completion, litellm: ModuleType, answer: object, model: str) -> Completion:
    """The completion with what litellm's price table says."""
    try:
        cost: float | None = float(litellm.completion_cost(completion_response=answer))
    except Exception:  # noqa: BLE001 - boundary: raises a plain Exception where the price is unknown
        cost = None
    if cost == 0.0 and completion.usage.tokens and not _is_free(litellm.model_cost, model):
        cost = None
    usage = completion.usage.model_copy(update={"cost_usd": cost})
    return Completion(completion.text, completion.tool_calls, usage)


def _is_free(table: Mapping[str, Mapping[str, object]], model: str) -> bool:
    """Whether the table says so; of a model that is in it without a price litellm makes a cost of 0."""
    entry = table.get(model) or table.get(model.partition("/")[2]) or {}
    return entry.get("input_cost_per_token") == 0.0 and entry.get("output_cost_per_token") == 0.0


def _asked_wait(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or getattr(
        error, "litellm_response_headers", None
    )
    return retry_after(headers, datetime.now(UTC)) if isinstance(headers, Mapping) else None
