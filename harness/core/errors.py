"""The exceptions of the house: each class names the boundary at which something went wrong.

`InputError` is a person's mistake and ends the command with exit code 2. The others are raised
inside an episode; `EpisodeFault.termination` says what they make of it, so the engine needs no
table of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from harness.core.termination import Termination


class ParleyError(Exception):
    """Base of every error that Parley raises on purpose."""


class InputError(ParleyError):
    """What a person gave (an option, a file, a name) can't be used; nothing was written.

    The message says what, where and which value; `hint` says what to do next.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


def unknown_name(what: str, name: str, known: Iterable[str], *, listing: str = "") -> InputError:
    """An `InputError` for a name that isn't one of `known`, with the nearest of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif len(names) <= 12:
        hint = f"known: {', '.join(names) or 'none'}"
    else:
        hint = f"{len(names)} are known, {names[0]!r} and {names[1]!r} among them"
    return InputError(f"unknown {what} {name!r}", hint=f"{hint} {listing}".strip())


class EpisodeFault(ParleyError):
    """Ends one episode, never the run."""

    termination: Termination = Termination.INFRA_ERROR


class AgentFault(EpisodeFault):
    """The agent raised, or returned something that isn't a message."""

    termination = Termination.AGENT_ERROR


class UserFault(EpisodeFault):
    """The simulator raised, or returned something that isn't a message."""

    termination = Termination.USER_ERROR


class ContextWindowExceeded(EpisodeFault):
    """The conversation no longer fits the model's context window."""

    termination = Termination.CONTEXT_WINDOW_EXCEEDED


class ModelFault(EpisodeFault):
    """A model's provider or server failed: an infrastructure failure, nobody's answer."""


class EnvironmentFault(EpisodeFault):
    """The environment itself broke (not: a tool call that failed, which is a result)."""
