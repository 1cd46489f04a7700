"""The terminal that a person plays at: lines in, lines out. Also a pipe or a file, with the same lines."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import cache

import click

_CHUNK = 65536


class Terminal:
    """Standard input and output. There is one a process: whoever reads ahead must keep what others wait for."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._read = b""

    def show(self, text: str = "", *, style: str = "") -> None:
        """Write a paragraph; coloured on a terminal, unless NO_COLOR is set."""
        plain = not style or bool(os.environ.get("NO_COLOR"))
        click.echo(text if plain else click.style(text, fg=style))

    async def ask(self, prompt: str) -> str | None:
        """The next line; `None` at the end of the input. A line that ends with a backslash goes on in the next."""
        parts: list[str] = []
        while True:
            click.echo(prompt if not parts else "… ", nl=False)
            sys.stdout.flush()
            line = await self._line()
            if line is None:
                click.echo()
                return "\n".join(parts) if parts else None
            if not line.endswith("\\"):
                return "\n".join([*parts, line])
            parts.append(line[:-1])

    async def _line(self) -> str | None:
        while b"\n" not in self._read:
            chunk = await self._chunk()
            if not chunk:
                rest, self._read = self._read, b""
                return rest.decode(errors="replace") if rest else None
            self._read += chunk
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    async def _chunk(self) -> bytes:
        """What there is to read, without holding up anybody else meanwhile."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(self._descriptor, ready.set)
        except PermissionError:
            # A file is always ready.
            return os.read(self._descriptor, _CHUNK)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)
        return os.read(self._descriptor, _CHUNK)


@cache
def terminal() -> Terminal:
    """The process's terminal."""
    return Terminal()
