from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from shortcut_building import act, mark, small_device

from environments.shortcuts.device import Device
from environments.shortcuts.running import World
from environments.shortcuts.setup import phone
from environments.shortcuts.template import ShortcutsEnvironment, ShortcutsTemplate
from harness.core.message import Party, ToolCall, ToolErrorKind, ToolResult
from harness.core.parsing import parse
from harness.core.task import Task


async def nobody(question: str) -> str:
    raise AssertionError(f"nobody should be asked: {question}")


class Desk:
    """An environment with short ways to call it."""

    def __init__(self, device: Device | None = None) -> None:
        self.environment = ShortcutsEnvironment(World(5, device or small_device()))

    async def call(self, tool: str, party: Party = Party.AGENT, ask: Any = nobody, **arguments: Any) -> ToolResult:
        return await self.environment.call(party, ToolCall(id="c", name=tool, arguments=arguments), ask)

    async def live(self, identifier: str, ask: Any = nobody, **parameters: Any) -> dict[str, Any]:
        full = f"is.workflow.actions.{identifier}"
        result = await self.call("run_action", ask=ask, identifier=full, parameters=parameters)
        assert result.error is None, result.content
        return dict(json.loads(result.content))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def phone_desk() -> Desk:
    return Desk(phone())


def test_live_outputs_and_variables_last_from_call_to_call(desk: Desk) -> None:
    async def play() -> None:
        first = await desk.live("getclipboard")
        assert first == {"uuid": "output-1", "type": "Text", "output": "copied before"}
        await desk.live("setvariable", WFVariableName="v", WFInput="${output-1}!")
        named = await desk.live("gettext", UUID="mine", WFTextActionText="${v} and ${output-1}")
        assert (named["uuid"], named["output"]) == ("mine", "copied before! and copied before")
        # Input left out is the previous call's output.
        assert (await desk.live("count", WFCountType="Words"))["output"] == "5"

    asyncio.run(play())


def test_records_are_shown_to_the_agent_with_their_fields(desk: Desk) -> None:
    shown = asyncio.run(desk.live("getupcomingevents"))
    assert shown["type"] == "Calendar Event"
    assert shown["output"]["location"] == "Room 2"
    assert shown["output"]["start"] == "2025-05-14T09:15:00"


def test_a_whole_shortcut_has_its_own_frame_and_returns_what_it_showed(desk: Desk) -> None:
    async def play() -> None:
        await desk.live("setvariable", WFVariableName="v", WFInput="live")
        actions = [
            act("setvariable", WFVariableName="w", WFInput="x"),
            act("showresult", Text="hi"),
            act("number", WFNumberActionNumber=4),
        ]
        result = await desk.call("run_shortcut", actions=actions)
        assert json.loads(result.content) == {"type": "Number", "output": "4", "shown": ["hi"]}
        text = await desk.live("gettext", WFTextActionText="${v} ${w}")
        assert text["output"] == "live ${w}"
        assert "names nothing" in text["remarks"][0]

    asyncio.run(play())


def test_a_failing_shortcut_names_the_action_and_keeps_what_was_done(desk: Desk) -> None:
    async def play() -> None:
        actions = [act("setclipboard", WFInput="done"), act("showresult", Text="so far"), act("flymetothemoon")]
        result = await desk.call("run_shortcut", actions=actions)
        assert result.error is ToolErrorKind.FAILED
        assert "action 2 (is.workflow.actions.flymetothemoon): not_implemented" in result.content
        assert "so far" in result.content
        assert await desk.environment.probe(Party.AGENT, "clipboard", {}) == "done"

    asyncio.run(play())


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("run_action", {"identifier": "is.workflow.actions.repeat.each", "parameters": {}}, ToolErrorKind.REFUSED),
        ("run_action", {"identifier": 5, "parameters": {}}, ToolErrorKind.INVALID_ARGUMENTS),
        ("run_action", {"identifier": "x"}, ToolErrorKind.INVALID_ARGUMENTS),
        ("run_shortcut", {"actions": "all of them"}, ToolErrorKind.INVALID_ARGUMENTS),
        ("run_shortcut", {"actions": [{"identifier": "x"}]}, ToolErrorKind.FAILED),
        ("describe_action", {"identifier": "is.workflow.actions.getxt"}, ToolErrorKind.INVALID_ARGUMENTS),
        ("list_actions", {"app": "Fax"}, ToolErrorKind.FAILED),
        ("unlock_device", {}, ToolErrorKind.UNKNOWN_TOOL),
    ],
)
def test_wrong_calls_are_results(desk: Desk, name: str, arguments: dict[str, Any], kind: ToolErrorKind) -> None:
    assert asyncio.run(desk.call(name, **arguments)).error is kind


def test_the_catalogue_is_listed_by_app_and_described(desk: Desk) -> None:
    listed = asyncio.run(desk.call("list_actions", app="notes")).content
    assert {line.split(" ")[0] for line in listed.splitlines()} >= {"is.workflow.actions.appendnote"}
    assert "(Notes)" in listed
    assert "Reminders" not in listed
    described = asyncio.run(desk.call("describe_action", identifier="is.workflow.actions.round")).content
    assert "WFRoundMode: Enum = 'Normal'" in described
    assert "Always Round Up" in described
    finder = asyncio.run(desk.call("describe_action", identifier="is.workflow.actions.filter.notes")).content
    assert "WFActionParameterFilterTemplates" in finder


def test_while_a_call_waits_for_the_user_the_user_acts_on_the_same_device(desk: Desk) -> None:
    async def act_then_answer(question: str) -> str:
        assert question == "What is the code?"
        copied = await desk.call("copy_to_clipboard", Party.USER, text="code 4711")
        assert copied.error is None
        return "it is copied"

    async def play() -> None:
        actions = [
            act("ask", UUID="said", WFAskActionPrompt="What is the code?"),
            act("getclipboard", UUID="code"),
            act("gettext", WFTextActionText="${said}: ${code}"),
        ]
        result = await desk.call("run_shortcut", ask=act_then_answer, actions=actions)
        assert json.loads(result.content)["output"] == "it is copied: code 4711"

    asyncio.run(play())


def test_two_calls_have_each_their_own_way_to_the_user(desk: Desk) -> None:
    def saying(text: str, seconds: float) -> Callable[[str], Any]:
        async def answer(question: str) -> str:
            await asyncio.sleep(seconds)
            return text

        return answer

    async def play() -> None:
        slow = desk.live("ask", saying("slow", 0.02), UUID="a")
        quick = desk.live("ask", saying("quick", 0), UUID="b")
        answers = await asyncio.gather(slow, quick)
        assert [answer["output"] for answer in answers] == ["slow", "quick"]

    asyncio.run(play())


def test_a_question_that_cannot_be_asked_unwinds_through_the_call(desk: Desk) -> None:
    class EpisodeEndsError(Exception):
        pass

    async def ends(question: str) -> str:
        raise EpisodeEndsError

    with pytest.raises(EpisodeEndsError):
        asyncio.run(desk.call("run_shortcut", ask=ends, actions=[act("ask")]))


def test_the_users_hands_change_what_the_agent_may_do(desk: Desk) -> None:
    async def play() -> None:
        await desk.call("lock_device", Party.USER)
        refused = await desk.call("run_action", identifier="is.workflow.actions.getupcomingevents", parameters={})
        assert "locked" in refused.content
        assert refused.error is ToolErrorKind.FAILED
        await desk.call("unlock_device", Party.USER)
        await desk.live("getupcomingevents")
        await desk.call("set_airplane_mode", Party.USER, on=True)
        await desk.call("set_wifi", Party.USER, on=False)
        screen = json.loads((await desk.call("look_at_screen", Party.USER)).content)
        assert screen["status"]["airplane_mode"] is True
        assert screen["status"]["wifi"] is False

    asyncio.run(play())


def test_the_user_picks_and_shares_by_hand(phone_desk: Desk) -> None:
    async def play() -> None:
        read = [act("selectphoto", UUID="p"), act("extracttextfromimage", WFImage="${p}")]
        await phone_desk.call("pick_photo", Party.USER, name="corner cafe")
        picked = await phone_desk.call("run_shortcut", actions=read)
        assert json.loads(picked.content)["output"] == "Corner Cafe\nTotal 18.40"
        await phone_desk.call("pick_file", Party.USER, path="papers/lease.pdf")
        assert (await phone_desk.live("file.select"))["output"]["text"] == "Lease of 12 Elm Street"
        await phone_desk.call("share_text", Party.USER, text="look here")
        said = {"Value": {"Type": "ExtensionInput"}, "WFSerializationType": "WFTextTokenAttachment"}
        assert (await phone_desk.live("gettext", WFTextActionText=said))["output"] == "look here"
        for tool, given in (("pick_photo", {"name": "IMG_9"}), ("pick_file", {"path": "none.txt"})):
            missing = await phone_desk.call(tool, Party.USER, **given)
            assert missing.error is ToolErrorKind.FAILED
            assert "you have" in missing.content

    asyncio.run(play())


@pytest.mark.parametrize("tool", ["run_shortcut", "submit_shortcut"])
def test_import_questions_are_put_before_a_shortcut_runs(desk: Desk, tool: str) -> None:
    question = {"ActionIndex": 0, "ParameterKey": "WFTextActionText", "Text": "Your motto?", "DefaultValue": "none"}
    actions = [act("gettext", UUID="t"), act("setclipboard", WFInput="${t}"), act("gettext", WFTextActionText="${t}")]

    async def play(said: str) -> str:
        async def answer(asked: str) -> str:
            assert asked.startswith("Your motto?")
            assert await desk.environment.probe(Party.AGENT, "clipboard", {}) == "copied before"
            return said

        snapshot = await desk.environment.snapshot()
        result = await desk.call(tool, ask=answer, actions=actions, import_questions=[question])
        await desk.environment.restore(snapshot)
        return str(json.loads(result.content)["output"])

    assert [asyncio.run(play(said)) for said in ("on we go", "")] == ["on we go", "none"]


@pytest.mark.parametrize(
    "question",
    [{}, {"ActionIndex": 9, "ParameterKey": "x"}, {"ActionIndex": "0", "ParameterKey": "x"}, {"ActionIndex": 0}],
)
def test_a_wrong_import_question_is_a_result(desk: Desk, question: dict[str, Any]) -> None:
    result = asyncio.run(desk.call("run_shortcut", actions=[act("nothing")], import_questions=[question]))
    assert result.error is ToolErrorKind.INVALID_ARGUMENTS


def test_the_users_fingerprint_is_constant_and_the_agents_follows_the_device(desk: Desk) -> None:
    async def play() -> None:
        agent, user = [await desk.environment.fingerprint(party) for party in (Party.AGENT, Party.USER)]
        await desk.live("setclipboard", WFInput="new")
        assert await desk.environment.fingerprint(Party.AGENT) != agent
        assert await desk.environment.fingerprint(Party.USER) == user

    asyncio.run(play())


def test_reading_alone_leaves_the_fingerprint(desk: Desk) -> None:
    async def play() -> None:
        before = await desk.environment.fingerprint(Party.AGENT)
        await desk.live("getupcomingevents")
        await desk.live("gettext", WFTextActionText="x")
        await desk.call("run_action", identifier="nonsense", parameters={})
        assert await desk.environment.fingerprint(Party.AGENT) == before

    asyncio.run(play())


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("note_text", {"title": "Groceries"}, "milk\neggs"),
        ("note_text", {"title": "groceries"}, None),
        ("note_contains", {"title": "Groceries", "text": "egg"}, True),
        ("reminder_exists", {"title": "Pay rent", "completed": False}, False),
        ("reminder_titles", {"list_name": "Home", "completed": True}, ["Pay rent"]),
        ("event_exists", {"title": "Choir", "start": "2025-05-15T19:00:00"}, True),
        ("messages_sent", {}, []),
        ("setting", {"name": "volume"}, 0.5),
    ],
)
def test_probes_read_the_device(desk: Desk, name: str, arguments: dict[str, Any], expected: Any) -> None:
    assert asyncio.run(desk.environment.probe(Party.AGENT, name, arguments)) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [("nothing_like_it", {}, LookupError), ("note_text", {}, ValueError), ("setting", {"name": "x"}, LookupError)],
)
def test_a_wrong_probe_raises(desk: Desk, name: str, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        asyncio.run(desk.environment.probe(Party.AGENT, name, arguments))


def call(tool: str, party: str = "agent", **arguments: Any) -> dict[str, Any]:
    return {"type": "call", "tool": tool, "party": party, "arguments": arguments}


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"setup": {"clipbord": ""}}, "did you mean 'clipboard'"),
        ({"user": {"tools": ["unlock_devise"]}}, "did you mean 'unlock_device'"),
        ({"user": {"done_when": [{"tool": "fly", "contains": "x"}]}}, "tool of the user 'fly'"),
        ({"reference": [call("run_actions")]}, "did you mean 'run_action'"),
        ({"reference": [call("unlock_device")]}, "unknown tool of the agent"),
        ({"reference": [call("run_action", identifier="x")]}, "reference.0.arguments: field 'parameters'"),
        (
            {"reference": [call("run_action", identifier="is.workflow.actions.gettxt", parameters={})]},
            "did you mean 'is.workflow.actions.gettext'",
        ),
        (
            {"reference": [call("run_shortcut", actions=[act("setbrightness", WFBritness=1)])]},
            "unknown parameter of setbrightness 'WFBritness'",
        ),
        ({"reference": [call("run_shortcut", actions=[mark("conditional", 0)])]}, "never closed"),
        ({"reference": [call("run_shortcut", actions=[act("setclipboard", WFInput="${typo}")])]}, "${typo}"),
        ({"checks": [{"kind": "probe", "name": "note_txt"}]}, "did you mean 'note_text'"),
        ({"checks": [{"kind": "probe", "name": "note_text", "arguments": {"titel": "x"}}]}, "titel"),
        ({"checks": [{"kind": "probe", "name": "setting", "arguments": {"name": "wify"}}]}, "did you mean 'wifi'"),
        ({"checks": [{"kind": "action", "tool": "fly"}]}, "unknown tool 'fly'"),
    ],
)
def test_a_task_that_does_not_fit_is_found_out_before_any_episode(task: dict[str, Any], words: str) -> None:
    phase = {key: task[key] for key in ("reference", "checks") if key in task}
    data: dict[str, Any] = {"id": "t", "setup": task.get("setup", {}), "user": task.get("user", {}), "phases": [phase]}
    problems = ShortcutsTemplate(small_device()).validate(parse(Task, data, where="test"))
    assert any(words in problem for problem in problems), problems


def test_live_references_between_steps_are_no_problem() -> None:
    steps = [
        call("run_action", identifier="is.workflow.actions.getclipboard", parameters={"UUID": "c"}),
        call("run_action", identifier="is.workflow.actions.gettext", parameters={"WFTextActionText": "${c}"}),
    ]
    task = parse(Task, {"id": "t", "phases": [{"reference": steps}]}, where="test")
    assert ShortcutsTemplate(small_device()).validate(task) == []
