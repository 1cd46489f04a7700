"""Strict parsing at the boundary: data in, a frozen model or one `InputError` out.

Data is parsed in pydantic's strict JSON mode whatever it was read from, so `"5"` is no number and a
misspelt key is an error that names its nearest valid neighbour.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from harness.core.errors import InputError

JsonObject = dict[str, JsonValue]

_MOST_CLAUSES = 8
_SHOWN = 80
_KEY = re.compile(r"[a-z][a-z0-9_]*")


class Model(BaseModel):
    """Base of every model that crosses a boundary: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], data: object, *, where: str) -> M:
    """`data` (plain JSON values) as a `model`.

    Raises:
        InputError: names `where`, each wrong field, its value, and the nearest valid key.
    """
    try:
        text = json.dumps(data)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: not plain JSON data: {error}", hint="write dates and times as strings") from None
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InputError(f"{where}: {describe(error, model)}") from None


def parse_json(model: type[M], text: str | bytes, *, where: str) -> M:
    """One JSON text as a `model`; errors as in `parse`."""
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise InputError(f"{where}: {describe(error, model)}") from None


def read_text(path: Path) -> str:
    """A UTF-8 file's text.

    Raises:
        InputError: the file is missing, unreadable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a JSON Lines file that hold something, with their numbers from 1.

    Only line feeds end a line: a text in JSON may hold other characters that Python takes for line ends.

    Raises:
        InputError: as `read_text`.
    """
    return [(number, line) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip()]


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain data; `InputError` names the file and the line of a syntax error."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None


def read_json(path: Path) -> Any:
    """A JSON file as plain data; `InputError` names the file and the place of a syntax error."""
    try:
        return json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {error}") from None


def parse_pairs(pairs: Iterable[str], *, option: str) -> JsonObject:
    """What `KEY=VALUE` options say; a value is JSON, or plain text where it isn't.

    Raises:
        InputError: a pair isn't one, or a key is given twice; names the `option`.
    """
    found: JsonObject = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not _KEY.fullmatch(key):
            raise InputError(f"{option} {pair!r}: expected KEY=VALUE", hint=f"for example {option} timeout_s=30")
        if key in found:
            raise InputError(f"{option}: {key!r} is given twice", hint="leave one of them out")
        try:
            found[key] = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            found[key] = text
    return found


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong, a clause a field: `field 'a.b': message (got value)`."""
    clauses = []
    problems = error.errors(include_url=False, include_context=False)
    for problem in problems[:_MOST_CLAUSES]:
        place = [str(part) for part in problem["loc"]]
        field = ".".join(place) or "the whole"
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(place[-1], _keys_at(model, place[:-1]), n=1, cutoff=0.4)
            hint = f", did you mean {near[0]!r}?" if near else ""
            clauses.append(f"unknown key {place[-1]!r} (at {field}){hint}")
            continue
        given = "" if problem["type"] in ("missing", "json_invalid") else f" (got {_shown(problem['input'])})"
        clauses.append(f"field {field!r}: {problem['msg']}{given}")
    more = [f"and {len(problems) - _MOST_CLAUSES} more"] if len(problems) > _MOST_CLAUSES else []
    return "; ".join(clauses + more)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _keys_at(model: type[BaseModel], place: list[str]) -> list[str]:
    """The keys that are valid at `place`, as far as the annotations tell."""
    found: list[type[BaseModel]] = [model]
    for part in place:
        inner: list[type[BaseModel]] = []
        for candidate in found:
            field = candidate.model_fields.get(part)
            inner += _models_in(field.annotation) if field else []
        found = inner or found
    return [field.alias or name for candidate in found for name, field in candidate.model_fields.items()]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
