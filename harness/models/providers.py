"""The providers that litellm reaches, and the variables in which their keys are expected."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

KEYS = {
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

KEYLESS = frozenset(
    (
        *("azure", "azure_ai", "bedrock", "databricks", "hosted_vllm", "huggingface", "litellm_proxy", "lm_studio"),
        *("ollama", "ollama_chat", "replicate", "sagemaker", "text-completion-openai", "vertex_ai", "watsonx"),
    )
)
"""Providers that authenticate in ways of their own, or not at all."""

_LIST = "provider_endpoints_support_backup.json"


def is_provider(name: str) -> bool:
    """Whether litellm knows a provider of this name."""
    return name in KEYS or name in KEYLESS or name in _listed()


@cache
def _listed() -> frozenset[str]:
    """What litellm's package lists, read without importing it, which takes seconds."""
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / _LIST
        if path.is_file():
            return frozenset(json.loads(path.read_text(encoding="utf-8")).get("providers", ()))
    return frozenset()
