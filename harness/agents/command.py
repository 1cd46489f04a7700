"""A command that an agent runs in: started under a keeper, heard line by line, ended with all that it started.

What it writes to its standard error is drained as it comes, at a pace that a flood of it can't break, and its end is
kept for messages.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

import anyio

from harness import keeper
from harness.core.message import mend
from harness.models.secrets import redact

_LONGEST_LINE = 4 * 2**20
"""Bytes; a line above it is a fault."""
_KEPT = 4096
"""Bytes of what it wrote last that are kept."""
_LINES, _WIDTH = 8, 200
"""Of its last words as they are shown: lines, and characters of each."""
_CHUNK = 65536
_PACE_S = 0.02
"""The pause after a full chunk of unread output: about 3 MB/s are drained, whatever is written."""
_TERM_S = 1.0
"""Seconds between asking the command to go and killing it."""
_GRACE_S = 2.0
_KILLED_S = 5.0
"""Seconds that the keeper has to end everything."""
_SIGNAL = 128


class SaidNothing(Exception):
    """The command ended, or said something that is no line; the message says what happened."""


class Command:
    """A running command; `end` must be awaited."""

    def __init__(self, process: asyncio.subprocess.Process, control: int, *, heard: bool) -> None:
        self._process = process
        self._control: int | None = control
        self._tail = bytearray()
        unread = process.stderr if heard else process.stdout
        assert unread is not None
        self._drain = asyncio.create_task(self._keep_end_of(unread))

    @classmethod
    async def start(
        cls, argv: Sequence[str], *, heard: bool = True, environment: Mapping[str, str] | None = None
    ) -> Command:
        """Start a command.

        Args:
            heard: Whether its standard output is read line by line. If not, it is drained like its standard error.
            environment: Variables beside those of this process.
        """
        ours, keepers = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", keeper.__file__, str(ours), str(_TERM_S), *argv),
                stdin=asyncio.subprocess.PIPE if heard else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE if heard else asyncio.subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                pass_fds=(ours,),
                limit=_LONGEST_LINE,
                # Out of the terminal's group, so that Ctrl-C reaches the harness alone, which then ends it.
                start_new_session=True,
            )
        except BaseException:
            os.close(keepers)
            raise
        finally:
            os.close(ours)
        return cls(process, keepers, heard=heard)

    async def say(self, line: str) -> None:
        """Send a line; `SaidNothing` where it has ended."""
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(line.encode() + b"\n")
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise SaidNothing(await self._how_it_ended()) from None

    async def hear(self) -> str:
        """The next line that it says.

        Raises:
            SaidNothing: it ended, or its line has no end.
        """
        stdout = self._process.stdout
        assert stdout is not None
        try:
            line = await stdout.readline()
        except ValueError:
            raise SaidNothing(f"wrote a line of more than {_LONGEST_LINE // 2**20} MiB") from None
        if not line.endswith(b"\n"):
            raise SaidNothing(await self._how_it_ended())
        return line.decode(errors="replace").strip()

    async def ended(self) -> str:
        """Wait for its end; says how it ended."""
        await self._process.wait()
        return await self._how_it_ended()

    @property
    def exit_code(self) -> int | None:
        """The command's, or 128 and the number of the signal that killed it; `None` while it runs."""
        return self._process.returncode

    @property
    def last_words(self) -> str:
        """The end of what it wrote beside the protocol, to be put after a message; empty where there is nothing."""
        tail = bytes(self._tail)
        if len(tail) == _KEPT:
            # A key that was cut through isn't recognised, so the line that was cut isn't told.
            tail = tail[tail.find(b"\n") + 1 or _KEPT * 3 // 4 :]
        text = mend(redact(tail.decode(errors="replace")))
        lines = [line.rstrip()[:_WIDTH] for line in text.splitlines() if line.strip()][-_LINES:]
        return "".join(f"\n  | {line}" for line in lines)

    async def end(self, grace_s: float = _GRACE_S) -> None:
        """Close its input, and end it with all that it started when it hasn't gone by itself in time."""
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await self._process.wait()
        finally:
            if self._control is not None:
                os.close(self._control)
                self._control = None
            with anyio.CancelScope(shield=True), anyio.move_on_after(_KILLED_S):
                await self._process.wait()
                await self._drain
                if self._process.stdin is not None and self._process.stdout is not None:
                    while await self._process.stdout.read(_CHUNK):
                        pass
            self._drain.cancel()

    async def _how_it_ended(self) -> str:
        """A clause about its end. An end of its output is followed by its own, but for one that only closed it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._process.wait()
                await asyncio.shield(self._drain)
        match self._process.returncode:
            case None:
                return "closed its standard output"
            case int(code) if code > _SIGNAL:
                return f"was killed by signal {code - _SIGNAL}"
            case code:
                return f"ended with exit code {code}"

    async def _keep_end_of(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(_CHUNK):
            self._tail += chunk
            del self._tail[:-_KEPT]
            if len(chunk) == _CHUNK and self._process.returncode is None:
                await asyncio.sleep(_PACE_S)
