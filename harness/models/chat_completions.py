"""A client for any OpenAI-compatible server, by its base URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import httpx
from pydantic import JsonValue

from harness.core.errors import ContextWindowExceeded, ModelFault
from harness.models.client import Completion, Request
from harness.models.retry import TRANSIENT_STATUS, Transient, with_retries
from harness.models.secrets import redact
from harness.models.wire import completion, request_body

_SHOWN = 300
_CONTEXT = re.compile(r"context[ _](?:size|length|window)", re.IGNORECASE)
"""How servers say that a conversation has become too long."""


class ChatCompletionsClient:
    """Posts to `<base_url>/chat/completions`. Local servers cost nothing."""

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        model: str,
        native_tools: bool,
        max_output_tokens: int | None = None,
        timeout_s: float = 600.0,
    ) -> None:
        self.name = name
        self.native_tools = native_tools
        self._model = model
        self._max_output_tokens = max_output_tokens
        self._http = httpx.AsyncClient(base_url=base_url, timeout=timeout_s, limits=httpx.Limits(max_connections=None))

    async def complete(self, request: Request) -> Completion:
        """One answer; see `ModelClient`."""
        if request.max_output_tokens is None:
            request = replace(request, max_output_tokens=self._max_output_tokens)
        body = {"model": self._model, **request_body(request)}
        return await with_retries(lambda: self._post(body), model=self.name)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(self, body: Mapping[str, JsonValue]) -> Completion:
        try:
            response = await self._http.post("chat/completions", json=body)
        except httpx.TransportError as error:
            raise Transient(f"{type(error).__name__}: {error}") from None
        if response.status_code in TRANSIENT_STATUS:
            raise Transient(f"HTTP {response.status_code}", retry_after_s=_seconds(response.headers.get("retry-after")))
        if response.is_error:
            text = redact(response.text)[:_SHOWN]
            if _CONTEXT.search(text) and response.status_code in (400, 413):
                raise ContextWindowExceeded(f"{self.name}: {text}")
            raise ModelFault(f"{self.name}: HTTP {response.status_code}: {text}")
        try:
            answer = response.json()
        except ValueError:
            raise Transient("the answer is not JSON") from None
        return completion(answer, cost_usd=0.0)


def _seconds(header: str | None) -> float | None:
    """A Retry-After header in seconds; one that holds a date is passed over."""
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None
