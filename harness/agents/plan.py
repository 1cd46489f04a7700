"""The agent that plans: a model that keeps a tree of goals and sees only the path to the one at hand.

Two tools beside the environment's change the tree; the agent carries them out itself, so no turn and no call of the
episode is spent on them, only tokens. The record's `raw` holds them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness.agents.llm import PROMPT, SOLO_PROMPT, LlmAgent
from harness.agents.plan_tree import MOST_PARTS, PlanError, Tree
from harness.core.event import MessageEvent
from harness.core.message import Message, Party, ToolCall, ToolSpec, Usage
from harness.core.parsing import JsonObject
from harness.core.protocols import View
from harness.models.client import ChatMessage, ModelClient
from harness.models.speaker import Asked, ToolProtocol, as_chat, ask

_SPLIT, _FINISH = "plan_split", "plan_finish"
HOW = """\
# Your plan

You work by a plan, a tree of goals. You see the path to the goal at hand, with what came of the goals before it. A goal
that takes more than a few steps you split with `plan_split`; one that is reached, or can't be, you close with
`plan_finish`. What was said and done for a goal is forgotten when it is split or closed: only what you write down then
stays, so write down what will be needed, such as names, ids, amounts, what the user wants and what they agreed to.

{plan}"""
_AT_HAND = "(The goal at hand: {goal})"
_PARAMETERS: JsonObject = {
    "type": "object",
    "properties": {
        "subgoals": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": MOST_PARTS,
            "description": "In the order in which they are to be reached.",
        },
        "known": {"type": "string", "description": "What has been found out so far and will be needed."},
    },
    "required": ["subgoals", "known"],
    "additionalProperties": False,
}
_SPLITS = ToolSpec(name=_SPLIT, description="Split the goal at hand into smaller ones.", parameters=_PARAMETERS)
_FINISHES = ToolSpec(
    name=_FINISH,
    description="Close the goal at hand, and say what came of it and what later goals need to know.",
    parameters={
        "type": "object",
        "properties": {"result": {"type": "string"}},
        "required": ["result"],
        "additionalProperties": False,
    },
)
PARTS = (PROMPT, SOLO_PROMPT, HOW, _AT_HAND, _SPLITS.description, _FINISHES.description, json.dumps(_PARAMETERS))
"""All that a model is told by us; its digest belongs to the agent's identity."""
_CHANGES = 6
"""Times that the plan may change in one turn: then the model has to act."""


class PlanAgent:
    """Asks a model for each message, with its own plan in the system prompt instead of the whole conversation."""

    def __init__(self, client: ModelClient, protocol: ToolProtocol) -> None:
        self._client = client
        self._native = protocol.settled(client) is ToolProtocol.NATIVE
        self._plain = LlmAgent(client, protocol)
        self._tree = Tree()
        self._read = 0
        self._asked = 0

    async def act(self, view: View) -> Message:
        """The model's next message, after as many changes of the plan as it makes."""
        if view.interaction.relay:
            # Requests stand alone: there is nothing to plan.
            return await self._plain.act(view)
        self._follow(view)
        usage, changes = Usage(), list[str]()
        for left in reversed(range(_CHANGES + 1)):
            message = await self._answer(view, may_plan=left > 0)
            usage += message.usage or Usage()
            acts = tuple(call for call in message.tool_calls if left == 0 or call.name not in (_SPLIT, _FINISH))
            if acts or not message.tool_calls:
                break
            for call in message.tool_calls:
                changes.append(_shown(message.text, call))
                self._change(call, message.text)
        raw = "\n".join([*changes, message.raw or message.text]) if changes else message.raw
        return message.model_copy(update={"tool_calls": acts, "usage": usage, "raw": raw})

    def _follow(self, view: View) -> None:
        """What is new belongs to the goal at hand; a request of the task's data to the whole."""
        for event in view.history[self._read :]:
            self._tree.at_hand.log += as_chat(event, view.party)
            match event:
                case MessageEvent(party=Party.USER, message=message) if event.given or not self._tree.root.text:
                    self._tree.ask(message.text)
        self._read = len(view.history)

    async def _answer(self, view: View, *, may_plan: bool) -> Message:
        form = SOLO_PROMPT if view.mode.solo else PROMPT
        system = f"{form.format(policy=view.instructions)}\n\n{HOW.format(plan=self._tree)}"
        goal = self._tree.at_hand
        chat: Sequence[ChatMessage] = goal.log
        if not chat or chat[0].role != "user":
            chat = [ChatMessage("user", _AT_HAND.format(goal=goal.text or "what the user wants")), *chat]
        own = [_SPLITS, *([_FINISHES] if goal.parent is not None else [])] if may_plan else []
        asked = Asked(system, chat, [*view.tools, *own], view.seed, self._asked)
        self._asked += 1
        return await ask(self._client, asked, native=self._native)

    def _change(self, call: ToolCall, text: str) -> None:
        """Change the plan; what can't be done is told to the model as a tool's result is."""
        arguments = call.arguments
        try:
            if call.name == _FINISH:
                self._tree.finish(str(arguments.get("result", "")))
                return
            given = arguments.get("subgoals")
            goals = [goal for goal in given if isinstance(goal, str)] if isinstance(given, list) else []
            self._tree.split(goals, str(arguments.get("known", "")))
        except PlanError as problem:
            named = call.numbered(call.id or f"plan_{self._asked}")
            self._tree.at_hand.log += [
                ChatMessage("assistant", text, (named,)),
                ChatMessage("tool", f"Error: {problem}", call_id=named.id),
            ]


def _shown(text: str, call: ToolCall) -> str:
    called = f"{call.name} {json.dumps(call.arguments, ensure_ascii=False)}"
    return f"{text}\n{called}" if text else called
