"""Ask an endpoint what it serves before a run begins: a wrong address, key or name then gives one message instead of a
run full of failures. An endpoint that doesn't tell what it serves is taken at its word.
"""

from __future__ import annotations

import aiohttp
from pydantic import ConfigDict, ValidationError

from harness.core.errors import InputError, unknown_name
from harness.core.model_settings import ModelSettings
from harness.core.parsing import Model
from harness.models.secrets import redact


class _Listed(Model):
    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str


class _List(Model):
    model_config = ConfigDict(extra="ignore", frozen=True)
    data: tuple[_Listed, ...]


async def probe(name: str, settings: ModelSettings, key: str | None) -> None:
    """Returns where nothing speaks against calling the model.

    Raises:
        InputError: nobody answers at the address, it refuses the key, or it doesn't serve the model.
    """
    headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
    timeout = aiohttp.ClientTimeout(total=settings.timeouts.connect_s)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, trust_env=True) as http:
        try:
            async with http.get(f"{settings.base_url}/models") as response:
                status, body = response.status, await response.read()
        except aiohttp.ClientConnectorError as error:
            why = redact(str(error.os_error.strerror or error.os_error))
            hint = "is the server up, and is this its address?"
            raise InputError(f"model {name!r}: nothing answers at {settings.base_url} ({why})", hint=hint) from None
        except (aiohttp.ClientError, OSError):
            # Busy, or not fond of this question: the calls will tell.
            return
        if status in (401, 403):
            variable = settings.api_key_env
            hint = f"check the value of {variable}" if variable else "a models file names its variable: api_key_env"
            raise InputError(f"model {name!r}: {settings.base_url} refuses the key (HTTP {status})", hint=hint)
        model, served = settings.model or name, _served(body) if status == 200 else ()
        if served and model not in served and await _is_unknown(http, model, settings):
            unknown = unknown_name("model", model, served)
            raise InputError(f"{settings.base_url} doesn't serve a model {model!r}", hint=unknown.hint)


async def _is_unknown(http: aiohttp.ClientSession, model: str, settings: ModelSettings) -> bool:
    """Whether the endpoint refuses a model that it doesn't list: some take other names, too, for what they serve."""
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    try:
        async with http.post(f"{settings.base_url}/chat/completions", json=body) as response:
            return response.status == 404
    except (aiohttp.ClientError, OSError):
        return False


def _served(body: bytes) -> tuple[str, ...]:
    try:
        return tuple(one.id for one in _List.model_validate_json(body).data)
    except ValidationError:
        return ()
