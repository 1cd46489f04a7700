"""An answer as it lies on disk, and the key of the request that it answers."""

from __future__ import annotations

from harness.core.identity import digest
from harness.core.message import Text, ToolCall, Usage
from harness.core.parsing import JsonObject, Model
from harness.models.client import Completion, Request
from harness.models.wire import request_body


class StoredAnswer(Model):
    """A completion."""

    text: Text = ""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = Usage()

    @classmethod
    def of(cls, completion: Completion) -> StoredAnswer:
        """The one to store."""
        return cls(text=completion.text, tool_calls=completion.tool_calls, usage=completion.usage)

    def completion(self) -> Completion:
        """What was stored."""
        return Completion(self.text, self.tool_calls, self.usage)


def request_key(request: Request, trial: str, identity: JsonObject | None = None) -> str:
    """The digest of everything that shapes the answer to a request.

    Args:
        request: What is asked.
        trial: The trial that asks: two never share an answer.
        identity: What answers; `None`: whatever does.
    """
    # The body alone doesn't tell a caller that wants temperature 0 from one that leaves it to the settings.
    told: JsonObject = {"temperature": request.temperature, "max_output_tokens": request.max_output_tokens}
    return digest({"request": request_body(request), "asked": told, "trial": trial, "model": identity})
