"""What a run knows of its models: the models file and what the command line adds to it.

The file is TOML: a table `[models."NAME"]` for each name that `--model` takes, and `[retries]`. It is the one that was
given, or else `PARLEY_MODELS` names it, or else it is `~/.config/parley/models.toml`, if that exists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import Field, JsonValue

from harness.core.errors import InputError
from harness.core.model_settings import ModelSettings, RetryPolicy
from harness.core.parsing import JsonObject, Model, parse, read_toml
from harness.models.secrets import holds_secret

PLACE = "PARLEY_MODELS"
_NO_SETTINGS = ModelSettings()


class ModelsFile(Model):
    """The file."""

    retries: RetryPolicy = RetryPolicy()
    models: dict[str, ModelSettings] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelBook:
    """Settings by the name after `--model`."""

    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    retries: RetryPolicy = field(default_factory=RetryPolicy)

    def of(self, name: str) -> ModelSettings:
        """A model's settings; those of one that isn't listed leave everything open."""
        return self.models.get(name, _NO_SETTINGS)

    def shaping(self, name: str | None) -> JsonObject:
        """What of a model's settings belongs to the identity of whoever sits on it."""
        return {} if name is None else self.of(name).shaping()

    def with_endpoint(self, name: str | None, base_url: str | None, option: str) -> ModelBook:
        """The book in which a model is reached at an endpoint.

        Raises:
            InputError: there is no model, the address isn't one, or it has another already.
        """
        if base_url is None:
            return self
        if name is None:
            raise InputError(f"{option} {base_url}: of which model there?", hint="name it with --model or --user-model")
        own = self.of(name)
        changed = _changed(own, f"{option} for model {name!r}", base_url=base_url)
        if own.base_url not in (None, changed.base_url):
            raise InputError(
                f"model {name!r}: two addresses, {own.base_url} and {changed.base_url}",
                hint="give one of them a name of its own in a models file, with `model` for what its server calls it",
            )
        return replace(self, models={**self.models, name: changed})

    def with_server_args(self, name: str | None, args: tuple[str, ...]) -> ModelBook:
        """The book in which a model's server is started with further arguments.

        Raises:
            InputError: there is no model, or an argument holds a secret.
        """
        if not args:
            return self
        if name is None:
            raise InputError(f"--server-arg {args[0]}: of which server?", hint="it needs --model vllm/… or llamacpp/…")
        if holds_secret(" ".join(args)):
            raise InputError(
                "--server-arg: holds a key, which other users of the machine would see", hint="leave it out"
            )
        own = self.of(name)
        server = own.server.model_copy(update={"args": own.server.args + args}).model_dump(mode="json")
        changed = _changed(own, f"--server-arg for model {name!r}", server=server)
        return replace(self, models={**self.models, name: changed})

    def only(self, names: tuple[str, ...]) -> dict[str, ModelSettings]:
        """The settings of these models, where there are any: for the manifest."""
        return {name: self.models[name] for name in dict.fromkeys(names) if self.of(name) != _NO_SETTINGS}


def read_models(path: Path | None = None) -> ModelBook:
    """The models file, wherever it is; an empty book where there is none.

    Raises:
        InputError: it is missing though named, or something in it is wrong.
    """
    path = path or _usual_place()
    if path is None:
        return ModelBook()
    data = read_toml(path)
    if holds_secret(json.dumps(data, default=str)):
        raise InputError(
            f"{path}: holds the value of a secret of the environment", hint="keys stay there: api_key_env = its name"
        )
    file = parse(ModelsFile, data, where=str(path))
    return ModelBook(file.models, file.retries)


def _changed(settings: ModelSettings, where: str, **changes: JsonValue) -> ModelSettings:
    return parse(ModelSettings, {**settings.model_dump(mode="json"), **changes}, where=where)


def _usual_place() -> Path | None:
    if given := os.environ.get(PLACE):
        return Path(given)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "parley" / "models.toml"
    return home if home.is_file() else None
