"""What a person may say about a model: where it is served, what shapes its answers, what it costs, how fast it may be
asked. A table of the models file; the run's manifest keeps it, and never a key.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from harness.core.parsing import JsonObject, Model

_SHAPING = ("model", "native_tools", "temperature", "max_output_tokens", "extra_body")
_RESERVED = frozenset(("messages", "model", "tools", "stream"))


class ServerSettings(Model):
    """How a server that Parley starts is started."""

    args: tuple[str, ...] = ()
    """Further arguments of its command line."""
    replicas: int = Field(default=1, ge=1)
    """Servers of the same model, among which requests are spread."""
    tensor_parallel: int = Field(default=1, ge=1)
    """GPUs that one server takes."""
    gpus: tuple[int, ...] | None = None
    """The GPUs for all replicas together; `None`: the visible ones that no other model of the run takes."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Of the first replica, the next ones following; `None`: any that is free."""
    startup_s: float = Field(default=1800.0, gt=0)
    """Seconds in which it must be healthy."""


class Timeouts(Model):
    """How long one try of a call may take, in seconds."""

    connect_s: float = Field(default=10.0, gt=0)
    """Until the connection is there."""
    silence_s: float = Field(default=300.0, gt=0)
    """Until the first byte of the answer, and from one byte to the next."""
    total_s: float = Field(default=600.0, gt=0)


class ModelSettings(Model):
    """One model."""

    model: str | None = None
    """What its provider or server calls it; `None`: the name that it has here."""
    base_url: str | None = None
    """An OpenAI-compatible endpoint, for example `http://127.0.0.1:8000/v1`; `None`: by the name's provider."""
    api_key_env: str | None = None
    """The environment variable (or keyring entry) that holds the key."""
    native_tools: bool | None = None
    """Whether it takes tools by its interface; `None`: by what kind of model it is."""
    temperature: float | None = Field(default=None, ge=0)
    """For callers that ask for none; `None`: 0."""
    max_output_tokens: int | None = Field(default=None, ge=1)
    extra_body: JsonObject = Field(default_factory=dict)
    """Added to each request's JSON as it is."""
    price_in: float | None = Field(default=None, ge=0)
    """US dollars a million input tokens. Without prices litellm's table counts; it knows nothing of endpoints."""
    price_out: float | None = Field(default=None, ge=0)
    price_cached: float | None = Field(default=None, ge=0)
    """Of input tokens that the provider had in its cache; `None`: as any."""
    rpm: float | None = Field(default=None, gt=0)
    """Requests a minute."""
    tpm: float | None = Field(default=None, gt=0)
    """Input and output tokens a minute."""
    concurrency: int | None = Field(default=None, ge=1)
    """Most requests at once; below it the number adapts to what the endpoint takes."""
    timeouts: Timeouts = Timeouts()
    server: ServerSettings = ServerSettings()
    """Of a model that Parley serves itself."""

    @field_validator("base_url")
    @classmethod
    def _plain(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https URL, such as http://127.0.0.1:8000/v1")
        if parts.username is not None or parts.query:
            raise ValueError("must hold no key or password; name the key's variable in api_key_env")
        return url.rstrip("/").removesuffix("/chat/completions")

    @field_validator("extra_body")
    @classmethod
    def _extra(cls, body: JsonObject) -> JsonObject:
        if taken := sorted(_RESERVED & body.keys()):
            raise ValueError(f"must not set {', '.join(taken)}, which Parley sets itself")
        return body

    @model_validator(mode="after")
    def _whole(self) -> ModelSettings:
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("price_in and price_out go together")
        if self.base_url is not None and self.server != ServerSettings():
            raise ValueError("base_url names a server that runs, server describes one to start: keep one of them")
        return self

    def shaping(self) -> JsonObject:
        """What of it shapes the answers and was set: part of the identity of whoever sits on the model."""
        return self.model_dump(mode="json", include=set(_SHAPING), exclude_defaults=True)


class RetryPolicy(Model):
    """How often calls are repeated."""

    tries: int = Field(default=5, ge=1)
    """Of one call, the first included."""
    per_episode: int = Field(default=20, ge=0)
    """Repetitions in one attempt at an episode."""
    per_run: int | None = Field(default=None, ge=0)
    """Repetitions in one session of a run; `None`: half as many as it made requests, and 100 in any case."""
