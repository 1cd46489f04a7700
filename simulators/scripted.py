"""A user that plays by rules: deterministic, and in need of no model.

It opens with the task's request, does on its own side what it is told to (`simulators.instructions`), one
thing after the other, and tells what came of it. It answers what it is asked from its private facts
(`simulators.facts`), agrees to what the agent may do for it, and refuses the rest. It ends the conversation
content when the agent has nothing more to ask or to say and its own tools show what the task calls done; when
the agent announces a transfer; or when it has lost patience, also with an agent that goes round in circles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harness.core.event import Event, MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.protocols import View
from harness.core.task import Task
from simulators.errands import Errands
from simulators.facts import asked_for, questions, unwelcome
from simulators.instructions import Instructions, understand
from simulators.words import sentences

_REFUSAL = "I'm sorry, I can't tell you that."
_GO_ON = "All right, please go ahead."
_AGREED = "Yes, please do."
_RATHER_NOT = "No, I'd rather not."
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
_MATTER = re.compile(
    r"\b(?:what|describe|explain|tell me|more about|details)\b.{0,60}"
    r"\b(?:problem|issue|trouble|matter|wrong|happening)\b",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r"\b(?:is|are|does|do|did|has|have|if|whether|see)\b.{0,60}"
    r"\b(?:work\w*|fixed|resolved|solved|better|improved|restored|back to normal)\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:may|shall|can|could) (?:I|we) (?!have|get|ask|know|help|assist)|\b(?:would you like|do you want)\b"
    r"|\b(?:are you|is (?:that|this|it)|would (?:that|this|it) be) "
    r"(?:ok|okay|all ?right|fine|comfortable|willing|happy|ready|acceptable)\b"
    r"|\bdo you (?:agree|consent|accept|confirm|authori[sz]e)\b",
    re.IGNORECASE,
)
_CONFIRM = re.compile(r"\byes ?(?:/|or) ?no\b|\bdo you confirm\b", re.IGNORECASE)
_CHOICE = re.compile(r"\bor\b(?! no\b)", re.IGNORECASE)
_WAIT = re.compile(
    r"\b(?:let me(?! know)|one moment|just a (?:moment|second|minute)|hold on|bear with me|please wait|"
    r"I(?:['’]ll| will|['’]m| am) (?:now )?(?:check|look|pull|verify|search|find|review|going))",
    re.IGNORECASE,
)
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
        self._instructions = task.user.instructions
        self._facts = task.user.facts
        self._done_when = task.user.done_when
        self._opened = False
        self._looking = False
        self._errands: Errands | None = None
        self._fruitless = 0
        self._heard: Counter[str] = Counter()

    async def act(self, view: View) -> Message:
        """What the user says or does now."""
        last = view.history[-1] if view.history else None
        if isinstance(last, MessageEvent) and last.party is Party.ENVIRONMENT:
            return Message(text=self._answer(last.message.text) or _REFUSAL)
        if not self._opened:
            self._opened = True
            return Message(text=self._request)
        if isinstance(last, ToolEvent):
            return self._go_on(_latest_results(view.history))
        return self._reply(last.message.text[:_READS] if isinstance(last, MessageEvent) else "", view)

    def _reply(self, text: str, view: View) -> Message:
        self._heard[text] += 1
        if self._heard[text] > _SAME_WORDS:
            return Message(text=_GIVE_UP, stop=Stop.OUT_OF_SCOPE)
        asked = understand(text, view.tools)
        question = questions(text)
        closing = _CLOSING.search(text) is not None
        if all(step.question for step in asked.steps):
            # Told to do nothing: what it knows comes before what it could look up.
            if question and not closing and (answer := self._answer(question)):
                return self._patiently(answer)
            if self._can_look(view) and _WORKS.search(question):
                return self._look()
        if asked.steps:
            return self._set_out(asked, self._answer(question), view)
        if any(_TRANSFER.search(part) and not _UNSURE.search(part) for part in sentences(text)):
            return Message(text=_THANKS, stop=Stop.TRANSFER)
        return self._talk(text, "" if closing else question, asked, view, closing=closing)

    def _talk(self, text: str, question: str, asked: Instructions, view: View, *, closing: bool) -> Message:
        """The reply to a message in which there is nothing to do, and no question for a fact."""
        if not closing and (_OFFER.search(text) or _MATTER.search(question)):
            return Message(text=self._request)
        if asked.unclear and not closing:
            return self._lose_patience(f"What exactly do you mean: which {', '.join(asked.unclear)}?")
        if question:
            return self._decide(question, view)
        if not closing and "?" not in text and _WAIT.search(text):
            return Message(text=_GO_ON)
        if self._can_look(view):
            return self._look()
        return Message(text=_THANKS, stop=Stop.DONE) if closing else self._lose_patience(_GO_ON)

    def _decide(self, question: str, view: View) -> Message:
        """Agree to what the agent may do; a user without tools, to a plain yes or no only."""
        asked = _CONSENT.search(question) if view.tools else _CONFIRM.search(question)
        if asked is None or _CHOICE.search(question) or _TRANSFER.search(question):
            return self._lose_patience(_REFUSAL)
        return self._patiently(_RATHER_NOT if unwelcome(question, self._instructions) else _AGREED)

    def _set_out(self, asked: Instructions, answer: str, view: View) -> Message:
        self._fruitless = 0
        self._errands = Errands(asked.steps, view.tools)
        if answer:
            self._errands.told.append(answer)
        return self._go_on(())

    def _can_look(self, view: View) -> bool:
        return bool(self._done_when and view.tools)

    def _look(self) -> Message:
        """See whether what the task calls done is done."""
        self._looking = True
        return Message(tool_calls=tuple(ToolCall(name=one.tool, arguments=one.arguments) for one in self._done_when))

    def _go_on(self, results: Sequence[ToolEvent]) -> Message:
        """Do the next thing, tell what came of all, or end content where the tools show that it's done."""
        if self._errands is not None:
            if calls := self._errands.proceed(results):
                return Message(tool_calls=calls)
            told, self._errands = self._errands.report(), None
            return Message(text=told)
        shown = [event.result.content for event in results]
        if not self._looking:
            return Message(text=" ".join(shown))
        self._looking = False
        if all(wanted.contains in content for wanted, content in zip(self._done_when, shown, strict=False)):
            return Message(text=_THANKS, stop=Stop.DONE)
        return self._lose_patience(f"{_NOT_YET} {' '.join(shown)}")

    def _answer(self, question: str) -> str:
        return " ".join(fact.answer for fact in asked_for(question, self._facts))

    def _patiently(self, text: str) -> Message:
        self._fruitless = 0
        return Message(text=text)

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
