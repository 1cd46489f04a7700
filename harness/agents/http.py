"""An agent behind a chat-completions endpoint: it is posted the whole chat and its tools, and answers with a message.

It is prompted as the agent `llm` is, so any model's endpoint can sit in the chair; what is different is whose fault a
failure is (`endpoint`): here the endpoint is the agent.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from harness.agents.doors import HttpOptions, MakeAgent
from harness.agents.endpoint import Endpoint, checked_url, http_session, key_headers, refuse_unreachable
from harness.agents.llm import LlmAgent
from harness.agents.wire import shortened
from harness.core.errors import AgentFault
from harness.models.client import Completion, Request
from harness.models.faults import Fault
from harness.models.speaker import ToolProtocol
from harness.models.wire import read_completion, request_body

_PATH = "/chat/completions"
EPISODE = "Parley-Episode"
"""The header by which an endpoint that keeps state tells the episodes apart."""


class ChatEndpoint:
    """One episode's side of the endpoint, as a model client."""

    native_tools = True

    def __init__(self, endpoint: Endpoint, model: str) -> None:
        self.name = endpoint.url
        self._endpoint = endpoint
        self._model = model
        self._headers = {EPISODE: uuid.uuid4().hex}

    async def complete(self, request: Request) -> Completion:
        """The agent's answer to the chat."""
        body = request_body(request)
        # Whoever answers decides how.
        body.pop("temperature")
        data = await self._endpoint.post({"model": self._model, **body}, self._headers)
        try:
            answer = read_completion(data, None)
        except Fault as fault:
            raise AgentFault(f"{self.name}: {fault}; it was {shortened(data.decode(errors='replace'))}") from None
        if not answer.usage.tokens:
            # It says nothing of tokens, so it may be no model at all.
            return replace(answer, usage=answer.usage.model_copy(update={"calls": 0, "cost_usd": 0.0}))
        return answer

    async def close(self) -> None:
        """The connections are the run's."""


@asynccontextmanager
async def open_http(address: str, options: HttpOptions) -> AsyncIterator[MakeAgent]:
    """Agents behind a URL.

    Raises:
        InputError: nobody listens there, or the key isn't set.
    """
    url = checked_url("http", address).rstrip("/")
    async with http_session(key_headers(options.key)) as http:
        await refuse_unreachable("http", url)
        endpoint = Endpoint(http, url if url.endswith(_PATH) else f"{url}{_PATH}", options.timeout_s)
        yield lambda: LlmAgent(ChatEndpoint(endpoint, options.model), ToolProtocol.NATIVE)
