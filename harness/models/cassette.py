"""A run's answers in a file (`--record FILE`), from which the run can be played again without a model
(`--model recorded/FILE`).

JSON Lines: a head that names the models, then an answer a line under its request's key. The n-th time that a trial asks
the same it gets the n-th answer. A request that isn't there is refused: nothing is made up, and nobody is asked.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from harness.core.errors import ContextWindowExceeded, InputError, ModelFault
from harness.core.parsing import Model, parse_json, read_text
from harness.models.account import Account, account
from harness.models.client import Completion, ModelClient, Request
from harness.models.secrets import redact
from harness.models.stored import StoredAnswer, request_key


class Head(Model):
    """The first line."""

    cassette: Literal[1] = 1
    native_tools: dict[str, bool]
    """By model, whether it takes tools by its interface."""


class Line(Model):
    """Every other."""

    model: str
    trial: str
    key: str
    begins: bool = False
    """Whether it is an attempt's first: what an earlier attempt at the trial was answered no longer holds."""
    answer: StoredAnswer | None = None
    too_long: str | None = None
    """Instead of an answer: the conversation no longer fitted the model."""


class Cassette:
    """A file that answers are written to; use `new_cassette`."""

    def __init__(self, path: Path, head: Head) -> None:
        _cut_torn_line(path)
        self._file = path.open("a", encoding="utf-8")
        self._head: Head | None = head if self._file.tell() == 0 else None

    def add(self, line: Line) -> None:
        """Append a line; it is in the file when this returns."""
        if self._head is not None:
            # Not before there is something to keep: an empty file is in nobody's way.
            self._write(self._head)
            self._head = None
        self._write(line)

    def _write(self, line: Model) -> None:
        self._file.write(redact(line.model_dump_json(exclude_defaults=True)) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _cut_torn_line(path: Path) -> None:
    """Whoever was killed while it wrote leaves half a line."""
    if path.exists():
        data = path.read_bytes()
        os.truncate(path, data.rfind(b"\n") + 1)


def new_cassette(path: Path, native_tools: Mapping[str, bool], *, go_on: bool) -> Cassette:
    """A cassette for the answers of these models.

    Args:
        path: Its file.
        native_tools: See `Head`.
        go_on: Whether a cassette that is there already is continued.

    Raises:
        InputError: the file can't be written, or holds something.
    """
    try:
        if path.exists() and path.stat().st_size > 0 and not go_on:
            hint = f"--model recorded/{path} plays it; give another file to record again"
            raise InputError(f"--record {path}: exists already", hint=hint)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Cassette(path, Head(cassette=1, native_tools=dict(native_tools)))
    except OSError as error:
        raise InputError(f"--record {path}: can't be written ({error.strerror})", hint="give another file") from None


class RecordingClient:
    """Writes down what another client answers."""

    def __init__(self, client: ModelClient, cassette: Cassette) -> None:
        self.name = client.name
        self.native_tools = client.native_tools
        self._client = client
        self._cassette = cassette

    async def complete(self, request: Request) -> Completion:
        """One answer; see `ModelClient`."""
        asking = account()
        key = request_key(request, asking.trial)
        try:
            answer = await self._client.complete(request)
        except ContextWindowExceeded as error:
            self._keep(asking, key, too_long=str(error))
            raise
        self._keep(asking, key, answer=StoredAnswer.of(answer))
        return answer

    def _keep(self, asking: Account, key: str, answer: StoredAnswer | None = None, too_long: str | None = None) -> None:
        begins, asking.recorded = bool(asking.trial) and not asking.recorded, True
        line = Line(model=self.name, trial=asking.trial, key=key, begins=begins, answer=answer, too_long=too_long)
        self._cassette.add(line)

    async def close(self) -> None:
        """Holds nothing of its own."""
        await self._client.close()


class RecordedClient:
    """Answers from a cassette."""

    def __init__(self, name: str, head: Head, lines: list[Line]) -> None:
        self.name = name
        self.native_tools = all(head.native_tools.values())
        trials: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.begins:
                trials[line.trial] = []
            trials[line.trial].append(line)
        self._lines: dict[str, list[Line]] = defaultdict(list)
        for line in chain.from_iterable(trials.values()):
            self._lines[line.key].append(line)

    async def complete(self, request: Request) -> Completion:
        """The recorded answer; `ModelFault` where there is none."""
        asking = account()
        key = request_key(request, asking.trial)
        nth = asking.asked[key]
        asking.asked[key] += 1
        held = self._lines.get(key, [])
        if nth >= len(held):
            raise ModelFault(
                f"{self.name}: holds no answer to this request; it was recorded with another suite, seed, agent or "
                "version: record it again with --record"
            )
        line = held[nth]
        if line.answer is None:
            raise ContextWindowExceeded(line.too_long or "too long")
        return line.answer.completion()

    async def close(self) -> None:
        """Holds nothing."""


def read_cassette(path: Path) -> tuple[Head, list[Line]]:
    """A cassette's content; a torn last line is passed over.

    Raises:
        InputError: it isn't one, or a line of it is damaged.
    """
    first, *rest = read_text(path).split("\n")
    try:
        head = Head.model_validate_json(first, strict=True)
    except ValidationError:
        raise InputError(f"{path}: not a cassette", hint=f"bench run … --record {path} makes one") from None
    if len(set(head.native_tools.values())) > 1:
        which = ", ".join(sorted(head.native_tools))
        raise InputError(
            f"{path}: holds models that call tools in different ways ({which})", hint="record each in a run of its own"
        )
    # What stands after the last line feed is empty, or was being written when the run was ended.
    whole = rest[:-1]
    lines = [parse_json(Line, text, where=f"{path}: line {number}") for number, text in enumerate(whole, 2)]
    return head, lines
