"""What the agent is told before an episode: the policy, and what its mode adds: ticket, plan, budget."""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness.core.interaction import SUBMIT, Interaction
from harness.core.message import Party, ToolSpec
from harness.core.mode import Mode
from harness.core.pack import SOLO, Pack
from harness.core.task import Call, Task

_CONVERSATIONAL = """\
# How this goes

You can't explore the database. Its schema and what is known about it are shown to you at the start, and `{submit}` is
your only tool. {asking} Then hand in SQL with `{submit}`. If it is not right, you are told so, with the database's
error where there is one, and may hand in once more; a second try earns less. When your SQL is right, a follow-up may be
asked for: hand in its SQL at once, again with one second try. After your first SQL no questions are taken."""
_MAY_ASK = """\
What you say without a tool call goes to the user, and you may do so {times}: ask what the request leaves open, one
point at a time."""
_NOTHING = "Nothing can be asked."
_CLARIFIED = "The user was asked already what the request leaves open, and has answered: ask nothing more."
_AGENTIC = """\
# How this goes

What you do costs points, and you have {points:g} for the whole task: {ask:g} for saying something to the user, and for
each tool what is written below. What is left is told to you each time. You may hand in with `{submit}` as often as the
points allow; an answer that is not right leaves the database as it was. When your SQL is right, a follow-up may be
asked for, to be answered out of the same points. When they are used up, `{submit}` must be next."""


def briefing(policy: str, task: Task, mode: Mode, terms: Interaction) -> str:
    """The agent's instructions."""
    parts = [policy]
    if mode.interact:
        parts.append(_interact(task, terms))
    if mode.solo:
        alone = "Nobody is there to talk to: solve this with your tools."
        parts.append(f"# The ticket\n\n{alone}\n\n{task.ticket.strip()}")
    if mode.plan:
        steps = "\n".join(f"{number}. {_step(call)}" for number, call in enumerate(task.reference_calls(), 1))
        parts.append(f"# The plan\n\nThese calls, in this order, solve the task:\n\n{steps}")
    return "\n\n".join(parts)


def price_list(tools: Sequence[ToolSpec]) -> str:
    """What each tool costs, for an agent that has a budget to keep."""
    return "\n".join(["Points for a call:", "", *(f"- {spec.name}: {spec.cost:g}" for spec in tools)])


def _interact(task: Task, terms: Interaction) -> str:
    if terms.clarification is None:
        return _AGENTIC.format(points=terms.points, ask=terms.ask_cost, submit=SUBMIT)
    questions = terms.clarification.questions
    if task.history:
        asking = _CLARIFIED
    elif questions == 0:
        asking = _NOTHING
    else:
        asking = _MAY_ASK.format(times="once" if questions == 1 else f"{questions} times")
    return _CONVERSATIONAL.format(asking=asking, submit=SUBMIT)


def policy_of(pack: Pack, mode: Mode) -> str:
    """The pack's policy, in its form for play without a user where the pack has one."""
    return pack.policies.get(SOLO, pack.policy) if mode.solo else pack.policy


def _step(call: Call) -> str:
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.arguments.items())
    who = "the user calls" if call.party is Party.USER else "call"
    return f"{who} {call.tool}({arguments})"
