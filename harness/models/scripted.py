"""A model whose answers are written down beforehand: for tests, and to try a pack without a model.

The file is JSON Lines; each line is an answer, `{"text": "…"}` or
`{"tool_calls": [{"name": "…", "arguments": {…}}]}`. A party's n-th act in any episode gets the n-th answer.
"""

from __future__ import annotations

from pathlib import Path

from harness.core.errors import InputError, ModelFault
from harness.core.message import ToolCall, Usage
from harness.core.parsing import Model, parse_json, read_lines
from harness.models.client import Completion, Request


class Answer(Model):
    """One line of the file."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


class ScriptedClient:
    """Plays answers in order. Tokens are counted as words."""

    native_tools = True

    def __init__(self, answers: tuple[Answer, ...], *, name: str = "scripted") -> None:
        self.name = name
        self._answers = answers

    async def complete(self, request: Request) -> Completion:
        """The answer for this turn; `ModelFault` where none is left."""
        if request.turn >= len(self._answers):
            raise ModelFault(f"{self.name}: holds {len(self._answers)} answers, asked for number {request.turn + 1}")
        answer = self._answers[request.turn]
        usage = Usage(
            calls=1,
            input_tokens=sum(len(message.text.split()) for message in request.messages),
            output_tokens=len(answer.text.split()) + len(answer.tool_calls),
        )
        return Completion(answer.text, answer.tool_calls, usage)

    async def close(self) -> None:
        """Holds nothing."""


def read_answers(path: Path) -> tuple[Answer, ...]:
    """The answers in a file.

    Raises:
        InputError: a line isn't an answer, or there is none.
    """
    lines = read_lines(path)
    if not lines:
        raise InputError(f"{path}: holds no answers", hint='a line is an answer: {"text": "…"}')
    return tuple(parse_json(Answer, line, where=f"{path}: line {number}") for number, line in lines)
