"""Asking an agent that lives behind a URL, and whose fault it is when no answer comes.

| what happens | what it means |
|---|---|
| nobody listens when the run starts | the person's mistake (`InputError`) |
| the connection fails or breaks, 408, 425, 429, 502, 503, 504, 529 | asked again a few times, then `infra_error` |
| 3xx, 401, 403, 404, 405, 407, 410 | the address or the key is wrong: `infra_error` |
| any other status, no JSON, too much of it, no answer in time | the agent's error |
| a refusal that speaks of the context window | `context_window_exceeded` |
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import SplitResult, parse_qsl, urlsplit

import aiohttp

from harness.agents.wire import shortened
from harness.core.errors import AgentFault, ContextWindowExceeded, InputError, ModelFault
from harness.core.parsing import JsonObject
from harness.models.secrets import redact, secret

_TRIES = 4
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 30.0
_LONGEST_ANSWER = 16 * 2**20
_REACHED_S = 5.0
_PASSING = frozenset({408, 425, 429, 502, 503, 504, 529})
_MISPLACED = frozenset({*range(300, 400), 401, 403, 404, 405, 407, 410})
_CONTEXT = re.compile(r"context[ _-]?(?:size|length|window)", re.IGNORECASE)
_SECRET = re.compile(r"key|token|secret|password|signature|sig|auth", re.IGNORECASE)


def checked_url(door: str, address: str) -> str:
    """The URL behind a door.

    Raises:
        InputError: it isn't a URL of a host, or holds a secret, which would end up in the run's files.
    """
    # `http://host` is a name of this door as it is; `http:http://host` too.
    url = f"{door}:{address}" if address.startswith("//") else address
    example = f"for example --agent {door}:http://127.0.0.1:8000"
    try:
        parts = urlsplit(url)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError as error:
        raise InputError(f"agent {door}: {url!r} is no URL: {error}", hint=example) from None
    if not ok:
        raise InputError(f"agent {door}: {url!r} is no http or https URL", hint=example)
    _refuse_secrets(door, parts)
    return url


def _refuse_secrets(door: str, parts: SplitResult) -> None:
    named = next((name for name, _ in parse_qsl(parts.query) if _SECRET.search(name)), None)
    if parts.password or parts.username or named:
        what = f"query parameter {named!r}" if named else "user and password"
        raise InputError(
            f"agent {door}: the URL's {what} would be written into the run's files",
            hint="put the key into an environment variable and name that: --agent-option key=VARIABLE",
        )


def key_headers(variable: str | None) -> dict[str, str]:
    """The header with the key that a variable of the environment, or the keyring, holds.

    Raises:
        InputError: there is none.
    """
    if variable is None:
        return {}
    if (key := secret(variable)) is None:
        raise InputError(f"--agent-option key={variable}: {variable} is not set", hint=f"export {variable}=…")
    return {"Authorization": f"Bearer {key}"}


async def refuse_unreachable(door: str, url: str) -> None:
    """Raises `InputError` where nobody listens at a URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_REACHED_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
    except (OSError, TimeoutError) as error:
        why = f"no answer within {_REACHED_S:g} s" if isinstance(error, TimeoutError) else str(error)
        raise InputError(f"agent {door}: {url} can't be reached: {why}", hint="start the agent first") from None


class Endpoint:
    """Posts JSON to one URL."""

    def __init__(self, http: aiohttp.ClientSession, url: str, timeout_s: float) -> None:
        self.url = url
        self._http = http
        self._timeout_s = timeout_s

    async def post(self, body: JsonObject, headers: Mapping[str, str] | None = None) -> bytes:
        """The body of the answer; the faults are in the table above."""
        wait = _FIRST_WAIT_S
        for left in reversed(range(_TRIES)):
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._once(body, headers)
            except (aiohttp.ClientError, ConnectionError) as error:
                failure, pause = f"{type(error).__name__}: {redact(str(error))}", 0.0
            except TimeoutError:
                raise AgentFault(f"{self.url}: no answer within {self._timeout_s:g} s") from None
            except _Passing as passing:
                failure, pause = str(passing), passing.retry_after_s
            if not left:
                raise ModelFault(f"{self.url}: {failure} ({_TRIES} tries)")
            # Jitter only spreads the load; nothing of a record depends on it.
            await asyncio.sleep(min(max(pause, wait * random.uniform(0.5, 1.0)), _LONGEST_WAIT_S))
            wait *= 2
        raise AssertionError("unreachable")

    async def _once(self, body: JsonObject, headers: Mapping[str, str] | None) -> bytes:
        async with self._http.post(self.url, json=body, headers=headers, allow_redirects=False) as response:
            data = bytearray()
            async for chunk in response.content.iter_chunked(65536):
                data += chunk
                if len(data) > _LONGEST_ANSWER:
                    raise AgentFault(f"{self.url}: an answer of more than {_LONGEST_ANSWER // 2**20} MiB")
            if 200 <= response.status < 300:
                return bytes(data)
            raise self._refused(response.status, bytes(data), response.headers.get("Retry-After"))

    def _refused(self, status: int, data: bytes, retry_after: str | None) -> Exception:
        whole = data.decode(errors="replace")
        text = shortened(redact(whole))
        said = f"{self.url}: HTTP {status}: {text}"
        if status in _PASSING:
            return _Passing(f"HTTP {status}: {text}", _seconds(retry_after))
        if status in _MISPLACED:
            return ModelFault(said)
        return ContextWindowExceeded(said) if _CONTEXT.search(whole) else AgentFault(said)


class _Passing(Exception):
    """A refusal that may go away by itself."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@asynccontextmanager
async def http_session(headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections for a run, as many as there are episodes."""
    limits = aiohttp.TCPConnector(limit=0)
    # Times are the endpoint's: a turn may take as long as its options say.
    forever = aiohttp.ClientTimeout(total=None, sock_connect=30)
    async with aiohttp.ClientSession(connector=limits, timeout=forever, headers=headers) as http:
        yield http


def _seconds(header: str | None) -> float:
    """A Retry-After header in seconds; one that holds a date is passed over."""
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0
