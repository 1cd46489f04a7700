"""An agent that speaks the Agent2Agent protocol: found by its card, asked by messages, followed through its tasks.

One context an episode. A turn is a message with the objects of `wire` in a data part (the first opens the episode too),
answered by a data part with a reply, or by text, which is said to the user. A task that asks for input goes on with the
next turn; one that has completed is followed by a new one in the same context.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urljoin, urlsplit

import aiohttp

from harness.agents.a2a_wire import CARDS, Answer, Card, State, data_of, read_card, read_result, text_of
from harness.agents.doors import MakeAgent, UrlOptions
from harness.agents.endpoint import Endpoint, checked_url, http_session, key_headers, refuse_unreachable
from harness.agents.wire import Unread, episode_object, in_words, read_reply, turn_object
from harness.core.errors import AgentFault, EpisodeFault, InputError, ModelFault
from harness.core.message import Message
from harness.core.parsing import JsonObject
from harness.core.protocols import View

_CARD_S = 10.0
_FIRST_POLL_S = 0.1
_LONGEST_POLL_S = 5.0
_CANCEL_S = 2.0


class A2aAgent:
    """Plays one episode through an A2A agent."""

    def __init__(self, card: Card, endpoint: Endpoint, timeout_s: float) -> None:
        self._card = card
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._episode = uuid.uuid4().hex
        self._unread = Unread()
        self._turn = 0
        self._context: str | None = None
        self._open_task: str | None = None

    async def act(self, view: View) -> Message:
        """The agent's reply to this turn."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._asked(view)
        except TimeoutError:
            raise AgentFault(f"{self._card.url}: no answer within {self._timeout_s:g} s") from None
        message = self._message(answer)
        self._turn += 1
        return message

    async def close(self) -> None:
        """The episode is over: a task that still waits for input is called off."""
        if self._open_task is not None:
            with suppress(EpisodeFault, TimeoutError):
                async with asyncio.timeout(_CANCEL_S):
                    await self._call(self._card.dialect.cancel, {"id": self._open_task})

    async def _asked(self, view: View) -> Answer:
        events = self._unread.of(view)
        data: JsonObject = {"turn": turn_object(self._turn, events)}
        words = [in_words(event) for event in events]
        if not self._turn:
            data["episode"] = episode_object(view, self._episode)
            words.insert(0, view.instructions)
        ids = {"messageId": uuid.uuid4().hex, "contextId": self._context, "taskId": self._open_task}
        message = self._card.dialect.message([{"text": "\n\n".join(words)}, {"data": data}], **ids)
        sent: JsonObject = {"message": message, "configuration": dict(self._card.dialect.configuration)}
        answer = read_result(await self._call(self._card.dialect.send, sent))
        wait = _FIRST_POLL_S
        while answer.state.busy and answer.task is not None:
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_POLL_S)
            answer = read_result(await self._call(self._card.dialect.get, {"id": answer.task}))
        self._context = answer.context or self._context
        self._open_task = answer.task if answer.state is State.INPUT_REQUIRED else None
        return answer

    def _message(self, answer: Answer) -> Message:
        words = text_of(answer.parts)
        if answer.state is State.AUTH_REQUIRED:
            raise ModelFault(f"{self._card.url}: the agent asks for authentication: {words}")
        if answer.state not in (State.COMPLETED, State.INPUT_REQUIRED):
            raise AgentFault(f"the agent's task is {answer.state}: {words or 'it says nothing about it'}")
        if (data := data_of(answer.parts)) is not None:
            return read_reply(json.dumps(data), turn=self._turn, paired=True)
        return Message(text=words)

    async def _call(self, method: str, params: JsonObject) -> bytes:
        body: JsonObject = {"jsonrpc": "2.0", "id": uuid.uuid4().hex, "method": method, "params": params}
        return await self._endpoint.post(body, self._card.dialect.headers)


@asynccontextmanager
async def open_a2a(address: str, options: UrlOptions) -> AsyncIterator[MakeAgent]:
    """Agents behind a URL, or behind that of a card.

    Raises:
        InputError: nobody listens there, or it has no card that can be used.
    """
    url = checked_url("a2a", address)
    await refuse_unreachable("a2a", url)
    async with http_session(key_headers(options.key)) as http:
        card = await _card(http, url)
        if options.key is not None and urlsplit(card.url).netloc != urlsplit(url).netloc:
            raise InputError(
                f"agent a2a: the card at {url} leads to {card.url}, and the key would go there",
                hint="give the URL of the card at that host, or leave out key",
            )
        endpoint = Endpoint(http, card.url, options.timeout_s)
        yield lambda: A2aAgent(card, endpoint, options.timeout_s)


async def _card(http: aiohttp.ClientSession, url: str) -> Card:
    places = [url] if url.endswith(".json") else [f"{url.rstrip('/')}{path}" for path in CARDS]
    status = 0
    for place in places:
        try:
            async with asyncio.timeout(_CARD_S), http.get(place, allow_redirects=False) as response:
                status, data = response.status, await response.read()
            if status == 200:
                found = read_card(data)
                return Card(found.name, urljoin(place, found.url), found.dialect)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise InputError(f"agent a2a: {place}: {type(error).__name__}: {error}") from None
        except ValueError as error:
            raise InputError(f"agent a2a: {place}: {error}", hint="see docs/agents.md") from None
    hint = "give the agent's base URL, or the URL of its card"
    raise InputError(f"agent a2a: no agent card at {' or '.join(places)} (HTTP {status})", hint=hint)
