"""A user that plays by rules: deterministic, and in need of no model.

It opens with the task's request, does on its own side what it is told to (`simulators.instructions`),
answers what it is asked from its private facts (`simulators.facts`) and refuses the rest. It ends the
conversation content when the agent has nothing more to ask or to say and its own tools show what the task
calls done; when the agent announces a transfer; or when it has lost patience, also with an agent that goes
round in circles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.protocols import View
from harness.core.task import Task
from simulators.facts import asked_for, questions
from simulators.instructions import understand
from simulators.words import sentences

_REFUSAL = "I'm sorry, I can't tell you that."
_GO_ON = "All right, please go ahead."
_NOT_YET = "It is not working yet."
_THANKS = "Thank you, that is all I needed."
_GIVE_UP = "This leads nowhere, I'd rather leave it."
_READS = 4_000
"""Characters of a message that are read: nobody reads a book on the telephone."""
_PATIENCE = 3
"""Refusals, or statements that lead nowhere, in a row."""
_SAME_WORDS = 5
"""Times that the agent may say the very same; a test run again after each repair stays below it."""
_TRANSFER = re.compile(
    r"\b(?:(?:transfer|hand|pass|connect)(?:ring|ing)? you|"
    r"(?:are|will be) (?:now )?(?:being )?(?:transferred|handed|passed|connected)) "
    r"(?:(?:now|over|on|through) ){0,2}to\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(r"\?|\b(?:not|never|cannot|if|unless|could|would|\w+n['’]t)\b", re.IGNORECASE)
"""In a sentence that offers, refuses or only considers a transfer."""
_OFFER = re.compile(r"\b(?:how|what) (?:can|may|could|else can) (?:I|we) (?:help|do|assist)\b", re.IGNORECASE)
_WAIT = re.compile(
    r"\b(?:let me|one moment|just a (?:moment|second|minute)|hold on|bear with me|please wait|"
    r"I(?:['’]ll| will|['’]m| am) (?:now )?(?:check|look|pull|verify|search|find|review|going))",
    re.IGNORECASE,
)
_NOW = re.compile(r"\bnow (on|off)\b", re.IGNORECASE)
"""What a toggle's result says of the state it has led to."""
_CLOSING = re.compile(
    r"\b(that is all|that's all|anything else|all done|have a (?:nice|good|great)|goodbye|"
    r"(?:has|have) been (?:completed|resolved|updated|created|done|fixed)|"
    r"is (?:now )?(?:complete|resolved|fixed|done))\b",
    re.IGNORECASE,
)


class ScriptedUser:
    """The user of one episode of `task`."""

    def __init__(self, task: Task) -> None:
        self._request = task.phases[0].request or task.user.instructions
        self._facts = task.user.facts
        self._done_when = task.user.done_when
        self._opened = False
        self._looking = False
        self._fruitless = 0
        self._heard: Counter[str] = Counter()
        self._wanted: dict[str, str] = {}

    async def act(self, view: View) -> Message:
        """What the user says or does now."""
        last = view.history[-1] if view.history else None
        if isinstance(last, MessageEvent) and last.party is Party.ENVIRONMENT:
            return Message(text=self._answer(last.message.text) or _REFUSAL)
        if not self._opened:
            self._opened = True
            return Message(text=self._request)
        if isinstance(last, ToolEvent):
            return self._report(_latest_results(view.history))
        return self._reply(last.message.text[:_READS] if isinstance(last, MessageEvent) else "", view)

    def _reply(self, text: str, view: View) -> Message:
        self._heard[text] += 1
        if self._heard[text] > _SAME_WORDS:
            return Message(text=_GIVE_UP, stop=Stop.OUT_OF_SCOPE)
        asked = understand(text, view.tools)
        if asked.calls:
            self._fruitless = 0
            self._wanted = dict(asked.wanted)
            return Message(tool_calls=asked.calls)
        if any(_TRANSFER.search(part) and not _UNSURE.search(part) for part in sentences(text)):
            return Message(text=_THANKS, stop=Stop.TRANSFER)
        closing = _CLOSING.search(text) is not None
        if not closing and _OFFER.search(text):
            return Message(text=self._request)
        if not closing and (question := questions(text)):
            if answer := self._answer(question):
                self._fruitless = 0
                return Message(text=answer)
            return self._lose_patience(_REFUSAL)
        if not closing and "?" not in text and _WAIT.search(text):
            return Message(text=_GO_ON)
        if asked.unclear and not closing:
            return self._lose_patience(f"What exactly do you mean: which {', '.join(asked.unclear)}?")
        if self._done_when and view.tools:
            self._looking = True
            looks = (ToolCall(name=one.tool, arguments=one.arguments) for one in self._done_when)
            return Message(tool_calls=tuple(looks))
        return Message(text=_THANKS, stop=Stop.DONE) if closing else self._lose_patience(_GO_ON)

    def _report(self, results: Sequence[ToolEvent]) -> Message:
        """Say what the tools showed, or end content where that is what the task calls done."""
        again = [event.name for event in results if self._missed(event)]
        if again:
            return Message(tool_calls=tuple(ToolCall(name=name) for name in again))
        if not self._looking:
            return Message(text=" ".join(event.result.content for event in results))
        self._looking = False
        shown = [event.result.content for event in results]
        if all(wanted.contains in content for wanted, content in zip(self._done_when, shown, strict=False)):
            return Message(text=_THANKS, stop=Stop.DONE)
        return self._lose_patience(f"{_NOT_YET} {' '.join(shown)}")

    def _missed(self, event: ToolEvent) -> bool:
        """Whether a toggle led to the opposite of what was asked for; each is set right once."""
        wanted = self._wanted.pop(event.name, None)
        shown = _NOW.search(event.result.content)
        return wanted is not None and shown is not None and shown[1].lower() != wanted

    def _answer(self, question: str) -> str:
        return " ".join(fact.answer for fact in asked_for(question, self._facts))

    def _lose_patience(self, text: str) -> Message:
        self._fruitless += 1
        if self._fruitless >= _PATIENCE:
            return Message(text=_GIVE_UP, stop=Stop.OUT_OF_SCOPE)
        return Message(text=text)


def _latest_results(history: Sequence[Event]) -> list[ToolEvent]:
    """The results of the calls that the user made last."""
    results: list[ToolEvent] = []
    for event in reversed(history):
        if not isinstance(event, ToolEvent):
            break
        results.insert(0, event)
    return results
