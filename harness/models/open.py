"""From the word after `--model` to a client.

`check_model` refuses a name that can't work before anything starts. `open_models` starts what must be
started, once for each name, and ends it with its scope.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import InputError, unknown_name
from harness.models.client import ModelClient
from harness.models.local import LOCAL_MODELS, check_local, serve
from harness.models.scripted import ScriptedClient, read_answers

MODELS = {
    **LOCAL_MODELS,
    "PROVIDER/NAME": "any provider of litellm: openai/…, anthropic/…, gemini/…, hosted_vllm/…, ollama_chat/…",
    "scripted/FILE": "answers from a JSON Lines file",
}
"""What can be named, with a line about each."""

_KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks_ai": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "sambanova": ("SAMBANOVA_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"),
    "xai": ("XAI_API_KEY",),
}
"""Providers that need a key: the variables of which one must be set (litellm's documentation)."""

_KEYLESS = frozenset(
    (
        *("azure", "azure_ai", "bedrock", "databricks", "hosted_vllm", "huggingface", "litellm_proxy", "lm_studio"),
        *("ollama", "ollama_chat", "replicate", "sagemaker", "text-completion-openai", "vertex_ai", "watsonx"),
    )
)
"""Providers that authenticate in ways of their own, or not at all."""


@dataclass(frozen=True, slots=True)
class ModelPool:
    """The clients of a run, by model name."""

    clients: dict[str, ModelClient]

    def client(self, name: str) -> ModelClient:
        """The client of a model that the pool was opened with."""
        return self.clients[name]


def check_model(name: str) -> None:
    """Refuse a model that can't be called, without starting or importing anything big.

    Raises:
        InputError: unknown provider or model, missing key, missing package or file; says what to do.
    """
    provider, _, rest = name.partition("/")
    if provider == "local":
        if name not in LOCAL_MODELS:
            raise unknown_name("local model", name, LOCAL_MODELS)
        check_local(name)
    elif provider == "scripted" and rest:
        read_answers(Path(rest))
    elif not rest or provider not in _KEYS.keys() | _KEYLESS:
        unknown = unknown_name("model", name, [*LOCAL_MODELS, *(f"{known}/{rest}" for known in (*_KEYS, *_KEYLESS))])
        near = unknown.hint if unknown.hint.startswith("did") else "a model is named PROVIDER/NAME"
        raise InputError(unknown.message, hint=f"{near} (`bench list models` says more)")
    elif provider in _KEYS and not any(os.environ.get(variable) for variable in _KEYS[provider]):
        variables = " or ".join(_KEYS[provider])
        raise InputError(f"model {name!r}: no key for {provider}: {variables} is not set", hint=f"export {variables}=…")


@asynccontextmanager
async def open_models(names: Iterable[str]) -> AsyncIterator[ModelPool]:
    """A pool with a client for each name; what it starts ends with the scope.

    Raises:
        InputError: a name can't work; see `check_model`.
        ModelFault: a local server didn't come up.
    """
    async with AsyncExitStack() as stack:
        clients: dict[str, ModelClient] = {}
        for name in dict.fromkeys(names):
            check_model(name)
            clients[name] = await _open(name, stack)
        yield ModelPool(clients)


async def _open(name: str, stack: AsyncExitStack) -> ModelClient:
    if name in LOCAL_MODELS:
        return await stack.enter_async_context(serve(name))
    if name.startswith("scripted/"):
        return ScriptedClient(read_answers(Path(name.removeprefix("scripted/"))), name=name)
    from harness.models.litellm_client import LitellmClient

    return LitellmClient(name)
