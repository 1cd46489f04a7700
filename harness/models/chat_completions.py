"""Any OpenAI-compatible endpoint, over aiohttp and nothing else: a call costs little more than its bytes.

Several addresses are replicas of one server: a request goes to the one with the fewest under way. One that can't be
reached is left alone for a while.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from pydantic_core import to_json

from harness.core.model_settings import ModelSettings
from harness.core.parsing import JsonObject
from harness.models.client import Completion, Request
from harness.models.faults import Cause, Fault, Rule, malformed, rule_of_error, rule_of_status
from harness.models.prices import Prices
from harness.models.retry_after import retry_after
from harness.models.secrets import redact, traces
from harness.models.wire import read_completion, request_body

_SHOWN = 300
_AVOIDED_S = 10.0
"""A replica that can't be reached is left alone for so long, as long as there are others."""


@dataclass(slots=True)
class _Replica:
    url: str
    under_way: int = 0
    avoided_until: float = 0.0


class ChatCompletions:
    """A `Provider` that posts to `<base_url>/chat/completions`."""

    def __init__(
        self,
        base_urls: Sequence[str],
        *,
        name: str,
        settings: ModelSettings,
        native_tools: bool,
        prices: Prices | None,
        key: str | None = None,
    ) -> None:
        self.name = name
        self.native_tools = native_tools
        self._replicas = [_Replica(f"{url}/chat/completions") for url in base_urls]
        self._model = settings.model or name
        self._settings = settings
        self._prices = prices
        self._headers = {"Content-Type": "application/json"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._proxy = _proxy(base_urls[0])
        self._traces: tuple[bytes, ...] = ()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Completion:
        """One try; see `Provider`."""
        body = _encoded({"model": self._model, **request_body(request, self._settings)})
        replica = self._choose()
        replica.under_way += 1
        try:
            status, headers, answer = await self._post(replica.url, body)
        except (aiohttp.ClientError, OSError) as error:
            rule = rule_of_error(error)
            if rule.cause is Cause.CONNECTION:
                replica.avoided_until = asyncio.get_running_loop().time() + _AVOIDED_S
            raise Fault(rule, self._told(error, rule)) from None
        finally:
            replica.under_way -= 1
        if any(trace in answer for trace in self._traces):
            answer = redact(answer.decode("utf-8", "replace")).encode()
        if not 200 <= status < 300:
            raise _refusal(status, headers, answer)
        try:
            return read_completion(answer, self._prices)
        except Fault as fault:
            raise _no_completion(fault, headers, answer) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, url: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            self._session = self._open()
        async with self._session.post(url, data=body, headers=self._headers, proxy=self._proxy) as response:
            return response.status, response.headers, await response.read()

    def _open(self) -> aiohttp.ClientSession:
        self._traces = traces()
        limits = self._settings.timeouts
        timeout = aiohttp.ClientTimeout(
            total=limits.total_s, sock_connect=limits.connect_s, sock_read=limits.silence_s, ceil_threshold=float("inf")
        )
        # How many at once is the gate's business.
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)
        return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())

    def _choose(self) -> _Replica:
        if len(self._replicas) == 1:
            return self._replicas[0]
        now = asyncio.get_running_loop().time()
        reachable = [replica for replica in self._replicas if replica.avoided_until <= now] or self._replicas
        chosen = min(reachable, key=lambda replica: replica.under_way)
        # Of equals the one that was chosen longest ago.
        self._replicas.remove(chosen)
        self._replicas.append(chosen)
        return chosen

    def _told(self, error: Exception, rule: Rule) -> str:
        limits = self._settings.timeouts
        if rule.cause is Cause.TIMEOUT:
            which: dict[type[Exception], str] = {
                aiohttp.ConnectionTimeoutError: f"no connection within {limits.connect_s:g} s",
                aiohttp.SocketTimeoutError: f"silent for {limits.silence_s:g} s",
            }
            return which.get(type(error), f"no whole answer within {limits.total_s:g} s")
        return f"{type(error).__name__}: {redact(str(error))}".rstrip(": ")


def _encoded(body: JsonObject) -> bytes:
    try:
        # Several times as fast as `json`, and a request holds the whole conversation.
        return to_json(body)
    except ValueError:
        # It refuses half an emoji, which `json` escapes.
        return json.dumps(body).encode()


def _refusal(status: int, headers: Mapping[str, str], answer: bytes) -> Fault:
    said = answer.decode("utf-8", "replace").strip()
    rule, text = rule_of_status(status, said), said[:_SHOWN]
    shown = f"HTTP {status}: {text}" if text else f"HTTP {status}"
    return Fault(rule, shown, retry_after_s=retry_after(headers, datetime.now(UTC)))


def _no_completion(fault: Fault, headers: Mapping[str, str], answer: bytes) -> Fault:
    """What an answer that isn't a completion is: some gateways report errors with status 200."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        kind = headers.get("content-type", "no content type").partition(";")[0]
        return fault if kind == "application/json" else malformed(f"the answer is {kind}, not JSON")
    error = told.get("error") if isinstance(told, dict) else None
    if error is None:
        return fault
    code = error.get("code") if isinstance(error, dict) else None
    text = json.dumps(error, ensure_ascii=False)[:_SHOWN]
    return Fault(rule_of_status(code if isinstance(code, int) else 500, text), f"an error instead of an answer: {text}")


def _proxy(url: str) -> str | None:
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
