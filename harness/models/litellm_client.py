"""Any provider, through litellm, which is imported when the first call is made: it takes seconds."""

from __future__ import annotations

import os
from types import ModuleType

import anyio
import anyio.to_thread

from harness.core.errors import ContextWindowExceeded, ModelFault
from harness.models.client import Completion, Request
from harness.models.retry import Transient, with_retries
from harness.models.secrets import redact
from harness.models.wire import completion, request_body

_TRANSIENT = (
    "RateLimitError",
    "APIConnectionError",
    "Timeout",
    "InternalServerError",
    "ServiceUnavailableError",
    "BadGatewayError",
)


class LitellmClient:
    """Calls `provider/name`; keys come from the environment and go nowhere else."""

    native_tools = True

    def __init__(self, name: str, *, api_base: str | None = None) -> None:
        self.name = name
        self._api_base = api_base
        self._litellm: ModuleType | None = None
        self._importing = anyio.Lock()

    async def complete(self, request: Request) -> Completion:
        """One answer; see `ModelClient`."""
        litellm = await self._library()
        return await with_retries(lambda: self._call(litellm, request), model=self.name)

    async def close(self) -> None:
        """litellm keeps its connections for the process."""

    async def _library(self) -> ModuleType:
        async with self._importing:
            if self._litellm is None:
                self._litellm = await anyio.to_thread.run_sync(import_litellm)
            return self._litellm

    async def _call(self, litellm: ModuleType, request: Request) -> Completion:
        failures = litellm.exceptions
        try:
            answer = await litellm.acompletion(
                model=self.name, api_base=self._api_base, num_retries=0, drop_params=True, **request_body(request)
            )
        except failures.ContextWindowExceededError as error:
            raise ContextWindowExceeded(f"{self.name}: {redact(str(error))}") from None
        except tuple(getattr(failures, kind) for kind in _TRANSIENT if hasattr(failures, kind)) as error:
            raise Transient(f"{type(error).__name__}: {redact(str(error))}") from None
        except Exception as error:  # noqa: BLE001 - boundary: litellm passes on whatever its providers raise
            raise ModelFault(f"{self.name}: {type(error).__name__}: {redact(str(error))}") from None
        return completion(answer.model_dump(), cost_usd=_cost(litellm, answer))


def import_litellm() -> ModuleType:
    """litellm, without a request for its price table; takes seconds."""
    # Its price table would otherwise be fetched from the network at import.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    module: ModuleType = litellm
    return module


def _cost(litellm: ModuleType, answer: object) -> float | None:
    try:
        return float(litellm.completion_cost(completion_response=answer))
    except Exception:  # noqa: BLE001 - boundary: raises a plain Exception where the price is unknown
        return None
