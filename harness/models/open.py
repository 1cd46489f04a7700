"""From the word after `--model` to a client.

`check_model` refuses a name that can't work before anything starts. `open_models` starts what must be started, once for
each name, and ends it with its scope.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.errors import InputError, unknown_name
from harness.core.model_settings import ModelSettings, ServerSettings
from harness.core.parsing import JsonObject
from harness.core.run import ServerIdentity
from harness.models.book import ModelBook
from harness.models.cache import CachedClient, check_cache
from harness.models.cassette import RecordedClient, RecordingClient, new_cassette, read_cassette
from harness.models.client import ModelClient
from harness.models.gate import Door, Gate
from harness.models.prices import FREE, Prices
from harness.models.providers import KEYLESS, KEYS, is_provider
from harness.models.remote import Provider, RemoteClient, RunRetries
from harness.models.scripted import ScriptedClient, read_answers
from harness.models.secrets import secret
from harness.models.servers import llama, vllm
from harness.models.servers.devices import Devices
from harness.models.servers.engine import Engine

MODELS = {
    **llama.LOCAL_MODELS,
    "llamacpp/PATH": "a GGUF file, in a llama.cpp server that Parley starts",
    "vllm/NAME": "a model of the hub or a folder, in vLLM servers that Parley starts",
    "PROVIDER/NAME": "any provider of litellm: openai/…, anthropic/…, gemini/…, hosted_vllm/…, ollama_chat/…",
    "NAME": "with --base-url, what an OpenAI-compatible server calls it; or a name in the models file",
    "recorded/FILE": "answers that --record FILE wrote down",
    "scripted/FILE": "answers from a JSON Lines file",
}
"""What can be named, with a line about each."""

_SCRIPTED = "scripted/"
_RECORDED = "recorded/"
_NOTHING = ModelBook()


@dataclass(frozen=True, slots=True)
class Storage:
    """Where answers are kept."""

    cache: Path | None = None
    """Folder of answers that later runs use again."""
    record: Path | None = None
    """File in which all answers of the run are written down."""
    go_on: bool = False
    """Whether such a file may be there already: the run is continued."""


@dataclass(frozen=True, slots=True)
class ModelPool:
    """The clients of a run, by model name."""

    clients: dict[str, ModelClient]
    servers: tuple[ServerIdentity, ...] = ()
    """Those that were started."""

    def client(self, name: str) -> ModelClient:
        """The client of a model that the pool was opened with."""
        return self.clients[name]


def check_model(name: str, book: ModelBook = _NOTHING) -> None:
    """Refuse a model that can't be called, without starting or importing anything big.

    Raises:
        InputError: unknown provider or model, missing key, missing package or file; says what to do.
    """
    settings = book.of(name)
    target = settings.model or name
    _key(name, settings)
    if settings.base_url is not None:
        return
    stored = target.startswith((_SCRIPTED, _RECORDED))
    if settings.server != ServerSettings() and (stored or _engine(name, settings) is None):
        hint = "Parley starts servers for vllm/…, llamacpp/… and local/…"
        raise InputError(f"model {name!r}: has server settings, but {target} is served by others", hint=hint)
    if target.startswith(_SCRIPTED):
        read_answers(Path(target.removeprefix(_SCRIPTED)))
    elif target.startswith(_RECORDED):
        read_cassette(Path(target.removeprefix(_RECORDED)))
    elif _engine(name, settings) is None:
        _check_provider(name, target, settings)


@asynccontextmanager
async def open_models(
    names: Iterable[str], book: ModelBook = _NOTHING, storage: Storage | None = None
) -> AsyncIterator[ModelPool]:
    """A pool with a client for each name; what it starts ends with the scope.

    Raises:
        InputError: a name can't work (see `check_model`), or answers can't be stored.
        ModelFault: a server didn't come up.
    """
    names = tuple(dict.fromkeys(names))
    for name in names:
        check_model(name, book)
    storage = storage or Storage()
    if storage.cache is not None:
        check_cache(storage.cache)
    async with AsyncExitStack() as stack:
        opening = _Opening(book, storage, stack)
        clients = {name: await opening.client(name) for name in names}
        if storage.record is not None:
            native = {name: client.native_tools for name, client in clients.items()}
            cassette = new_cassette(storage.record, native, go_on=storage.go_on)
            stack.callback(cassette.close)
            clients = {name: RecordingClient(client, cassette) for name, client in clients.items()}
        yield ModelPool(clients, tuple(opening.servers))


@dataclass
class _Opening:
    """What the models of a pool share."""

    book: ModelBook
    storage: Storage
    stack: AsyncExitStack
    servers: list[ServerIdentity] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._run = RunRetries(self.book.retries)
        self._devices = Devices()
        self._doors: dict[str, Door] = {}

    async def client(self, name: str) -> ModelClient:
        settings = self.book.of(name)
        target = settings.model or name
        if target.startswith(_SCRIPTED) and settings.base_url is None:
            return ScriptedClient(read_answers(Path(target.removeprefix(_SCRIPTED))), name=name)
        if target.startswith(_RECORDED) and settings.base_url is None:
            return RecordedClient(name, *read_cassette(Path(target.removeprefix(_RECORDED))))
        provider, endpoint = await self._provider(name, target, settings)
        self.stack.push_async_callback(provider.close)
        door = self._doors.setdefault(endpoint, Door())
        door.window.cap(settings.concurrency)
        client = RemoteClient(provider, Gate(door, rpm=settings.rpm, tpm=settings.tpm), self._run)
        if self.storage.cache is None:
            return client
        return CachedClient(client, self.storage.cache, self._identity(name, settings))

    def _identity(self, name: str, settings: ModelSettings) -> JsonObject:
        """All about a model that shapes its answers."""
        served = [server.model_dump(mode="json", exclude={"gpus"}) for server in self.servers if server.model == name]
        return {"name": name, "endpoint": settings.base_url, "settings": settings.shaping(), "servers": [*served]}

    async def _provider(self, name: str, target: str, settings: ModelSettings) -> tuple[Provider, str]:
        """A provider, and the endpoint whose window it shares with others."""
        key = _key(name, settings)
        if settings.base_url is None and (engine := _engine(name, settings)) is not None:
            return await self._served(name, settings, engine), name
        if settings.base_url is None:
            from harness.models.litellm_client import LitellmProvider

            # Only what lies in a keyring has to be given: litellm knows the variables.
            held = (secret(variable) for variable in KEYS.get(target.partition("/")[0], ()))
            return LitellmProvider(name, settings, key=key or next(filter(None, held), None)), target
        from harness.models.chat_completions import ChatCompletions
        from harness.models.probe import probe

        await probe(name, settings, key)
        provider = ChatCompletions(
            (settings.base_url,),
            name=name,
            settings=settings,
            native_tools=settings.native_tools is not False,
            prices=Prices.of(settings),
            key=key,
        )
        return provider, settings.base_url

    async def _served(self, name: str, settings: ModelSettings, engine: Engine) -> Provider:
        from harness.models.chat_completions import ChatCompletions
        from harness.models.servers.serve import serve

        each = engine.gpus_each
        gpus = self._devices.take(name, settings.server, each) if each else ((),) * settings.server.replicas
        served = await self.stack.enter_async_context(serve(name, engine, settings.server, gpus))
        self.servers.append(served.identity)
        native = engine.native_tools if settings.native_tools is None else settings.native_tools
        most = settings.max_output_tokens or engine.max_output_tokens
        told = settings.model_copy(update={"model": engine.served, "max_output_tokens": most})
        prices = Prices.of(settings) or FREE
        return ChatCompletions(served.base_urls, name=name, settings=told, native_tools=native, prices=prices)


def _engine(name: str, settings: ModelSettings) -> Engine | None:
    """How Parley serves a model; `None`: it doesn't."""
    target = settings.model or name
    if target.startswith(vllm.PREFIX):
        return vllm.vllm_engine(name, target, settings.server)
    if target.startswith((llama.PREFIX, llama.LOCAL_PREFIX)):
        return llama.llama_engine(name, target, settings.server)
    return None


def _check_provider(name: str, target: str, settings: ModelSettings) -> None:
    provider, _, rest = target.partition("/")
    if not rest or not is_provider(provider):
        known = [*llama.LOCAL_MODELS, *(f"{one}/{rest}" for one in (*KEYS, *KEYLESS))]
        unknown = unknown_name("model", target, known)
        near = unknown.hint if unknown.hint.startswith("did") else "a model is named PROVIDER/NAME, or needs --base-url"
        raise InputError(unknown.message, hint=f"{near} (`bench list models` says more)")
    variables = KEYS.get(provider, ())
    if variables and settings.api_key_env is None and not any(map(secret, variables)):
        either = " or ".join(variables)
        raise InputError(f"model {name!r}: no key for {provider}: {either} is not set", hint=f"export {either}=…")


def _key(name: str, settings: ModelSettings) -> str | None:
    """The key that the settings name; `None` where they name none, and litellm looks for its own.

    Raises:
        InputError: it isn't there.
    """
    variable = settings.api_key_env
    if variable is None:
        return None
    if (key := secret(variable)) is None:
        raise InputError(f"model {name!r}: no key: {variable} is not set", hint=f"export {variable}=…")
    return key
