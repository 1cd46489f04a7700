"""Checks on how a result came about, over a real phone: what they find, and that they don't decide by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from environments.shortcuts.setup import phone
from environments.shortcuts.template import ShortcutsTemplate
from harness.checks.context import CheckContext
from harness.checks.difference import differences, without
from harness.checks.performed import common_length
from harness.checks.reward import judge_phase
from harness.core.check import CheckResult, PhaseReward, Verdict
from harness.core.event import Event, MessageEvent
from harness.core.message import Message, Party, ToolCall
from harness.core.parsing import parse
from harness.core.task import Task

P = "is.workflow.actions."
Action = dict[str, Any]


def act(identifier: str, **parameters: Any) -> Action:
    return {"WFWorkflowActionIdentifier": P + identifier, "WFWorkflowActionParameters": parameters}


GOLD = [
    act("filter.calendarevents", UUID="e", WFContentItemLimitEnabled=True),
    act("properties.calendarevents", UUID="t", WFInput="${e}", WFContentItemPropertyName="Title"),
    act("setvariable", WFVariableName="title", WFInput="${t}"),
    act("ask", UUID="w", WFAskActionPrompt="For whom?"),
    act("addnewreminder", WFCalendarItemTitle="${title} with ${w}", WFCalendarDescriptor="Work"),
    act("setclipboard", WFInput="${title}"),
]


def judged(
    attempt: Sequence[Action],
    *checks: dict[str, Any],
    answers: Sequence[str] = ("Maya",),
    said: Sequence[tuple[Party, str]] = (),
    gold: Sequence[Action] = GOLD,
) -> PhaseReward:
    """The checks' verdicts on a shortcut, where the gold is another."""
    reference = [{"type": "call", "tool": "run_shortcut", "answers": ["Maya"], "arguments": {"actions": list(gold)}}]
    task = parse(Task, {"id": "t", "phases": [{"reference": reference, "checks": list(checks)}]}, where="test")

    async def judge() -> PhaseReward:
        template = ShortcutsTemplate(phone())
        world = await template.create(task, 1)
        events: list[Event] = []
        left = list(answers)

        async def ask(question: str) -> str:
            events.append(message(Party.ENVIRONMENT, Party.USER, question))
            events.append(message(Party.USER, Party.ENVIRONMENT, left.pop(0)))
            return events[-1].message.text  # type: ignore[union-attr]

        call = ToolCall(name="run_shortcut", arguments={"actions": list(attempt)})
        result = await world.call(Party.AGENT, call, ask)
        assert result.error is None, result.content
        for party, text in said:
            events.append(message(party, Party.USER if party is Party.AGENT else Party.AGENT, text))
        return await judge_phase(CheckContext(task, 0, events, world, template, 1))

    return asyncio.run(judge())


def message(party: Party, to: Party, text: str) -> MessageEvent:
    return MessageEvent(party=party, to=to, message=Message(text=text))


def only(reward: PhaseReward) -> CheckResult:
    (found,) = reward.checks
    return found


def test_the_same_program_by_other_names_has_all_references() -> None:
    renamed = [
        act("filter.calendarevents", UUID="x", WFContentItemLimitEnabled=True),
        act("properties.calendarevents", UUID="y", WFContentItemPropertyName="Title"),
        act("ask", UUID="z", WFAskActionPrompt="Who?"),
        act("addnewreminder", WFCalendarItemTitle="${y} with ${z}", WFCalendarDescriptor="Work"),
        act("setvariable", WFVariableName="v", WFInput="${y}"),
        act("setclipboard", WFInput="${v}"),
    ]
    found = only(judged(renamed, {"kind": "references"}))
    assert (found.verdict, found.score) == (Verdict.PASSED, 1.0)
    assert only(judged(renamed, {"kind": "sequence"})).score == pytest.approx(5 / 6)


def test_one_wrong_reference_is_named_though_the_right_actions_run() -> None:
    wrong = [*GOLD[:4], act("addnewreminder", WFCalendarItemTitle="${title} with ${t}"), GOLD[5]]
    found = only(judged(wrong, {"kind": "references"}))
    assert found.verdict is Verdict.FAILED
    assert found.reason == f"4 of 5 are there; not {P}ask → {P}addnewreminder.WFCalendarItemTitle"
    assert found.score == pytest.approx(8 / 10, abs=0.1)
    assert only(judged(wrong, {"kind": "sequence"})).verdict is Verdict.PASSED


def test_a_loop_counts_as_one_line_of_the_program() -> None:
    def loop(count: int) -> list[Action]:
        return [
            act("gettext", UUID="a", WFTextActionText="x"),
            act("repeat.count", GroupingIdentifier="g", WFControlFlowMode=0, WFRepeatCount=count),
            act("setclipboard", WFInput="${a}"),
            act("repeat.count", GroupingIdentifier="g", WFControlFlowMode=2),
        ]

    for kind in ("references", "sequence"):
        found = only(judged(loop(7), {"kind": kind}, gold=loop(2)))
        assert (found.verdict, found.score) == (Verdict.PASSED, 1.0)


def test_order_is_partial() -> None:
    before = {"kind": "order", "first": P + "ask", "then": P + "setclipboard"}
    after = {"kind": "order", "first": P + "setclipboard", "then": P + "ask"}
    never = {"kind": "order", "first": P + "ask", "then": P + "sendmessage"}
    assert only(judged(GOLD, before)).verdict is Verdict.PASSED
    assert only(judged(GOLD, after)).reason == f"{P}ask came first"
    assert only(judged(GOLD, never)).reason == f"{P}sendmessage was never carried out"
    assert judged(GOLD, before, after).value == 0.0


def test_what_is_forbidden_counts_even_where_it_was_undone() -> None:
    toggled = [*GOLD, act("wifi.set", OnValue=False), act("wifi.set", OnValue=True)]
    rule = {"kind": "forbidden", "performed": P + "wifi.set", "arguments": {"OnValue": False}}
    reward = judged(toggled, {"kind": "state", "parties": ["agent"]}, rule)
    assert [check.verdict for check in reward.checks] == [Verdict.PASSED, Verdict.FAILED]
    assert reward.value == 0.0
    assert judged(GOLD, rule).value == 1.0
    assert judged([*GOLD, act("wifi.set", OnValue=True)], rule).value == 1.0


def test_a_state_that_differs_is_told_by_place_and_parts_of_it_may_be_ignored() -> None:
    other = [*GOLD[:5], act("setclipboard", WFInput="else"), act("setbrightness", WFBrightness=0.1)]
    found = only(judged(other, {"kind": "state", "parties": ["agent"]}))
    assert 'clipboard is "else", not "Stand-up"' in found.reason
    assert "settings.brightness is 0.1, not 0.6" in found.reason
    ignored = {"kind": "state", "parties": ["agent"], "ignore": ["clipboard", "settings.brightness"]}
    assert only(judged(other, ignored)).verdict is Verdict.PASSED
    partly = {"kind": "state", "parties": ["agent"], "ignore": ["settings"]}
    assert only(judged(other, partly)).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("attempt", "answers", "said", "score", "words"),
    [
        (GOLD, ["Maya"], [], 1.0, ""),
        (GOLD, ["It is Maya, of course"], [], 1.0, ""),
        ([*GOLD[:3], act("setclipboard", WFInput="x")], [], [], 0.0, "1 of 1 needed questions weren't put"),
        (GOLD, ["Maya"], [(Party.AGENT, "Is it urgent?"), (Party.USER, "I don't know.")], 0.5, "1 needless: 'Is it"),
        (GOLD[:3], [], [(Party.AGENT, "For whom is it?"), (Party.USER, "For Maya.")], 1.0, ""),
        (GOLD, ["Maya"], [(Party.AGENT, "All is done."), (Party.USER, "Thank you.")], 1.0, ""),
    ],
)
def test_needed_and_needless_questions_are_told_apart(
    attempt: Sequence[Action], answers: list[str], said: list[tuple[Party, str]], score: float, words: str
) -> None:
    found = only(judged(attempt, {"kind": "questions"}, answers=answers, said=said))
    assert found.score == score
    assert words in found.reason
    assert (found.verdict is Verdict.PASSED) == (score == 1.0)


def test_diagnostic_kinds_decide_only_where_the_basis_names_them() -> None:
    nothing = [act("nothing")]
    reward = judged(nothing, {"kind": "references"}, {"kind": "sequence"}, {"kind": "questions"})
    assert [check.verdict for check in reward.checks] == [Verdict.FAILED] * 3
    assert (reward.value, reward.basis) == (1.0, ())
    named = parse(
        Task,
        {"id": "t", "phases": [{"checks": [{"kind": "references"}], "reward_basis": ["references"]}]},
        where="test",
    )
    assert [kind.value for kind in named.phases[0].basis] == ["references"]


def test_without_a_reference_nothing_is_decided() -> None:
    task = parse(Task, {"id": "t", "phases": [{"checks": [{"kind": "references"}, {"kind": "questions"}]}]}, where="x")

    async def judge() -> PhaseReward:
        template = ShortcutsTemplate(phone())
        return await judge_phase(CheckContext(task, 0, [], await template.create(task, 1), template, 1))

    assert {check.verdict for check in asyncio.run(judge()).checks} == {Verdict.NOT_EVALUATED}


@pytest.mark.parametrize(
    ("one", "other", "length"), [("", "abc", 0), ("abc", "abc", 3), ("axbxc", "abc", 3), ("abc", "cba", 1)]
)
def test_the_longest_common_subsequence(one: str, other: str, length: int) -> None:
    assert common_length(one, other) == length


def test_differences_name_entries_and_leave_out_what_is_ignored() -> None:
    given = {"a": {"gained": [{"x": 1}], "lost": []}, "b": 1}
    assert differences(given, {"b": 1}) == 'a.gained has {"x": 1} too many'
    assert differences({"b": 1}, given) == 'a.gained lacks {"x": 1}'
    assert differences({"a": [1, 1]}, {"a": [1]}) == "a has the same in another order or number"
    assert without(given, ["a.lost", "b"]) == {"a": {"gained": [{"x": 1}]}}
    assert without(given, ["a"]) == {"b": 1}
