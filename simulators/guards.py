"""What is wrong with a reply of a user that a model plays: looked for in every one, and written beside it.

Three things spoil an episode without being the agent's doing: the user recites what it was told in private or says
what only the reference solution holds, it falls out of its role, or it ends before the agent could do anything. A mark
changes nothing of the episode; the blame ledger (`harness.analysis.blame`) reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop
from harness.core.protocols import View
from harness.core.task import Call, Task
from simulators.leaks import shares_run

EARLY = "early stop"
DRIFT = "drift"
LEAK = "leak"

_ROLE = re.compile(
    r"\bhow (?:can|may) i (?:help|assist)\b|\bis there anything else i can (?:help|do|assist)\b"
    r"|\bi(?:'d| would) be (?:happy|glad) to (?:help|assist)\b|\bas an? (?:ai|language model|assistant)\b"
    r"|\bthank you for (?:calling|contacting)\b|\bi(?:'ve| have) (?:updated|processed|cancell?ed|issued|booked) your\b"
    r"|\bi (?:am|was) (?:told|instructed) to (?:play|pretend|act)\b|\b(?:this|my) (?:scenario|role[- ]?play)\b"
    r"|\bsimulated user\b|\bground[- ]truth\b",
    re.IGNORECASE,
)
"""What a customer doesn't say: an assistant's phrases, and talk of the play itself."""
_ADDRESSED = re.compile(r"[^.!?\n]*\byou(?:r|'re|'ll)?\b[^.!?\n]*", re.IGNORECASE)
"""A sentence of the scenario speaks to who plays it, as `You want …`; a person speaks of itself as `I`."""
_TOOL = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


def guard(message: Message, view: View, task: Task) -> tuple[str, ...]:
    """What is wrong with the reply, a line each; empty where nothing is."""
    found = (*_leaks(message.text, view, task), *_drift(message.text), *_early(message, view, task))
    return tuple(dict.fromkeys(found))


def _leaks(reply: str, view: View, task: Task) -> Iterator[str]:
    user = task.user
    known = " ".join([*(phase.request for phase in task.phases), *(fact.answer for fact in user.facts)])
    heard = " ".join([known, *_texts(view)])
    addressed = "\n".join(found[0] for found in _ADDRESSED.finditer(user.instructions))
    if shares_run(reply, addressed, heard):
        yield f"{LEAK}: private instructions"
    gold = "\n".join(text for call in _gold(task) for text in _strings(call))
    if shares_run(reply, gold, f"{heard} {user.instructions}"):
        yield f"{LEAK}: reference solution"
    own = {spec.name for spec in view.tools}
    tools = {call.tool for call in _gold(task)} - own
    for name in dict.fromkeys(_TOOL.findall(reply)):
        if name in tools and name not in heard:
            yield f"{LEAK}: the agent's tool {name}"


def _drift(reply: str) -> Iterator[str]:
    if found := _ROLE.search(reply):
        yield f"{DRIFT}: {found[0].lower()}"


def _early(message: Message, view: View, task: Task) -> Iterator[str]:
    """An end before the agent has done anything, or before the user has seen what it waits for."""
    if message.stop is None:
        return
    if not any(_is_agents(event) for event in view.history):
        yield f"{EARLY}: before the agent said anything"
    elif message.stop is Stop.DONE and view.tools:
        shown = [event.result.content for event in view.history if isinstance(event, ToolEvent)]
        for wanted in task.user.done_when:
            if not any(wanted.contains in content for content in shown):
                yield f"{EARLY}: {wanted.tool} has not shown {wanted.contains!r}"


def _is_agents(event: object) -> bool:
    return isinstance(event, MessageEvent) and event.party is Party.AGENT and not event.given


def _texts(view: View) -> Iterator[str]:
    """What the user has said and been told."""
    for event in view.history:
        yield event.message.text if isinstance(event, MessageEvent) else ""
        if isinstance(event, ToolEvent):
            yield event.result.content


def _gold(task: Task) -> list[Call]:
    return [call for call in task.reference_calls() if call.party is Party.AGENT]


def _strings(call: Call) -> Iterator[str]:
    for value in call.arguments.values():
        if isinstance(value, str):
            yield value
