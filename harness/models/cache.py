"""Answers kept on disk between runs (`--cache DIR`): a request is sent once, for each trial.

The key holds everything that shapes an answer: model, endpoint or server, settings, the whole request, the trial, and
how often the trial asked the same before. An answer has the usage that it had when it was made; what a run really paid
is in its attempts' `traffic`. A file that can't be read is as good as none.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from harness.core.errors import InputError
from harness.core.parsing import JsonObject
from harness.models.account import account
from harness.models.client import Completion, ModelClient, Request
from harness.models.secrets import redact
from harness.models.stored import StoredAnswer, request_key


class CachedClient:
    """Looks before it asks."""

    def __init__(self, client: ModelClient, folder: Path, identity: JsonObject) -> None:
        self.name = client.name
        self.native_tools = client.native_tools
        self._client = client
        self._folder = folder
        self._identity = identity

    async def complete(self, request: Request) -> Completion:
        """One answer; see `ModelClient`."""
        asking = account()
        key = request_key(request, asking.trial, self._identity)
        nth = asking.asked[key]
        asking.asked[key] += 1
        name = key.removeprefix("sha256:")
        path = self._folder / name[:2] / f"{name[2:]}-{nth}.json"
        with suppress(OSError, ValidationError):
            found = StoredAnswer.model_validate_json(path.read_bytes())
            asking.cached += 1
            return found.completion()
        answer = await self._client.complete(request)
        _keep(path, redact(StoredAnswer.of(answer).model_dump_json()))
        return answer

    async def close(self) -> None:
        """Holds nothing of its own."""
        await self._client.close()


def check_cache(folder: Path) -> None:
    """Make the folder.

    Raises:
        InputError: it can't be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--cache {folder}: can't be made ({error.strerror})", hint="give another folder") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"--cache {folder}: can't be written", hint="give another folder")


def _keep(path: Path, text: str) -> None:
    """Whole or not at all; a full disk costs the answer's place in the cache, not the episode."""
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        path.parent.mkdir(exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
