"""The user that a model plays. It sees its scenario, its persona and its own tools, and nothing of the agent's.

Its prompt is our own text after τ²'s guidelines, in two forms: for users with tools and for those without. An
empty reply is asked for once more; an end is read by `simulators.signals`.
"""

from __future__ import annotations

from dataclasses import replace

from harness.core.event import MessageEvent
from harness.core.message import Message, Party, Usage
from harness.core.protocols import View
from harness.core.task import Task
from harness.models.client import ModelClient
from harness.models.speaker import Speaker, ToolProtocol
from simulators.guards import guard
from simulators.signals import hold_back_consent, read_signal

PROMPT = """\
You play a person who wants something from an agent; the agent's messages come to you as the user's. Stay that person:
never help as an assistant would, never speak for the agent, and never mention that this is a scenario.

How to play:
- Say one thing at a time, in short everyday sentences of your own; don't recite what is written below.
- Begin with what you want. Give further details when you are asked for them, not before.
- Your scenario is all you know. What it doesn't say you don't know: say so, and never invent a name, number or fact.
- Keep to what your scenario says you accept and refuse, also when the agent presses you.
{tools}

How it ends:
- ###STOP### ends the conversation at once, and nobody acts after it. Write it only when everything you want is done:
  the agent has said that it is done, not that it will be, and where you can see for yourself, you have seen it.
- As long as the agent asks you something, waits for your consent, or is about to do something, answer and let it work.
  Never write ###STOP### in the message in which you agree to something.
- Write ###TRANSFER### when the agent has told you that you are being handed over to somebody else; an offer to do so is
  not enough.
- Write ###OUT-OF-SCOPE### when your scenario doesn't let you go on: it doesn't say what you would have to know or want.
- A token stands in a message of its own, without a tool.

Who you are: {persona}
Talk, and understand, as this person would.

What you want: {request}

{instructions}

What you know:
{facts}"""

WITH_TOOLS = """\
- You have tools for what you can do on your side. Use one when the agent asks you to do or look at something that it
  does, or where only a look can answer the agent's question, and not otherwise. In one message you either talk or use
  tools; the agent hears only your words, so tell it afterwards what came of it.
- Tell only what a tool really showed, and nothing that you didn't look up. If it may have changed since, look again.
- If a tool reports an error, mend your call and try again. If you don't understand what to do, ask.
- If the agent asks for several things at once, do them in its order, one after the other."""

WITHOUT_TOOLS = """\
- You can't do or look up anything while you talk. If the agent asks you to, tell it what your scenario says about it,
  or that you can't."""

EMPTY = """\

Your last reply was empty. Reply now, in words{or_tool}."""

PARTS = (PROMPT, WITH_TOOLS, WITHOUT_TOOLS, EMPTY)
"""All that a model is told by us; its digest belongs to the user's identity."""


class LlmUser:
    """The user of one episode of `task`, played by a model."""

    def __init__(self, task: Task, client: ModelClient, protocol: ToolProtocol) -> None:
        self._speaker = Speaker(client, protocol)
        self._task = task

    async def act(self, view: View) -> Message:
        """The model's next message. One that is empty again after a second request is the user's error."""
        system = self._prompt(with_tools=bool(view.tools))
        message = await self._speaker.speak(view, system)
        if message.blank:
            used = message.usage or Usage()
            nudge = EMPTY.format(or_tool=" or with a tool" if view.tools else "")
            message = await self._speaker.speak(replace(view, seed=view.seed ^ 1), system + nudge)
            message = message.model_copy(update={"usage": used + (message.usage or Usage())})
        message = hold_back_consent(read_signal(message), _heard(view))
        found = guard(message, view, self._task)
        return message.model_copy(update={"marks": (*message.marks, *found)}) if found else message

    def _prompt(self, *, with_tools: bool) -> str:
        user = self._task.user
        return PROMPT.format(
            tools=WITH_TOOLS if with_tools else WITHOUT_TOOLS,
            persona=user.persona.strip() or "an ordinary customer.",
            request=self._task.phases[0].request or "see below",
            instructions=user.instructions.strip(),
            facts="\n".join(f"- {fact.topic}: {fact.answer}" for fact in user.facts) or "- nothing else",
        ).strip()


def _heard(view: View) -> str:
    """What the agent said last, where it is the last that happened."""
    last = view.history[-1] if view.history else None
    return last.message.text if isinstance(last, MessageEvent) and last.party is Party.AGENT else ""
