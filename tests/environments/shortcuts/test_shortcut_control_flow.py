from __future__ import annotations

from typing import Any

import pytest
from shortcut_building import RunShortcut, act, mark

from environments.shortcuts.running import Frame, RunErrorKind


def either(condition: int | str, left: Any, **operand: Any) -> list[dict[str, Any]]:
    """An if that gives `yes` or `no`."""
    return [
        act("list", UUID="left", WFItems=left if isinstance(left, list) else [left]),
        mark("conditional", 0, WFInput="${left}", WFCondition=condition, **operand),
        act("gettext", WFTextActionText="yes"),
        mark("conditional", 1),
        act("gettext", WFTextActionText="no"),
        mark("conditional", 2, UUID="result"),
    ]


@pytest.mark.parametrize(
    ("condition", "left", "operand", "expected"),
    [
        (0, "3 apples", {"WFNumberValue": 4}, "yes"),
        (1, "4", {"WFNumberValue": "4"}, "yes"),
        (2, "4", {"WFNumberValue": 4}, "no"),
        (3, "4.0", {"WFNumberValue": 4}, "yes"),
        (2, "no number", {"WFNumberValue": 0}, "no"),
        (4, "tea", {"WFConditionalActionString": "tea"}, "yes"),
        (4, "tea", {"WFConditionalActionString": "Tea"}, "no"),
        (4, [5], {"WFNumberValue": "5.0"}, "yes"),
        (4, [True], {"WFConditionalActionString": "Yes"}, "yes"),
        (5, "tea", {"WFConditionalActionString": "coffee"}, "yes"),
        (8, "Post: card", {"WFConditionalActionString": "post"}, "yes"),
        (9, "file.PDF", {"WFConditionalActionString": ".pdf"}, "yes"),
        (99, "one two", {"WFConditionalActionString": "TWO"}, "yes"),
        (999, "one two", {"WFConditionalActionString": "three"}, "yes"),
        (100, "", {}, "no"),
        (100, "x", {}, "yes"),
        (101, "", {}, "yes"),
        (1003, "5", {"WFNumberValue": 1, "WFAnotherNumber": 5}, "yes"),
        (1003, "6", {"WFNumberValue": 1, "WFAnotherNumber": 5}, "no"),
        ("Equals", "1", {"WFConditionalActionString": "1", "WFNumberValue": 7}, "yes"),
        ("Is Greater Than", "8", {"WFNumberValue": 7}, "yes"),
        ("Contains", "a b", {"WFConditionalActionString": "b"}, "yes"),
    ],
)
def test_conditions_compare_as_upstreams_codes_say(
    shortcut: RunShortcut, condition: int | str, left: Any, operand: dict[str, Any], expected: str
) -> None:
    ran = shortcut(*either(condition, left, **operand))
    assert (ran.output, ran.result.error) == (expected, None)


def test_a_date_is_compared_with_a_date(shortcut: RunShortcut) -> None:
    actions = either(2, "x", WFDate="2025-05-14 08:00")
    actions[0] = act("date", UUID="left")
    assert shortcut(*actions).output == "yes"


def test_a_missing_condition_means_equals_and_an_unknown_one_is_an_error(shortcut: RunShortcut) -> None:
    actions = either(4, "x", WFConditionalActionString="x")
    del actions[1]["WFWorkflowActionParameters"]["WFCondition"]
    assert shortcut(*actions).output == "yes"
    error = shortcut(*either(77, "x")).result.error
    assert error is not None
    assert (error.kind, error.index) == (RunErrorKind.BAD_PARAMETER, 1)


def test_a_blocks_output_is_known_by_the_uuid_of_its_end(shortcut: RunShortcut) -> None:
    actions = either(4, "x", WFConditionalActionString="x")
    assert shortcut(*actions, act("gettext", WFTextActionText="it said ${result}")).output == "it said yes"


def test_a_false_condition_without_else_gives_nothing(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("number", UUID="n", WFNumberActionNumber=1),
        mark("conditional", 0, WFInput="${n}", WFCondition=2, WFNumberValue=5),
        act("gettext", WFTextActionText="big"),
        mark("conditional", 2, UUID="r"),
        act("count", Input="${r}"),
    )
    assert ran.output == "0"


def test_repeat_count_gathers_each_rounds_output_and_counts_from_one(shortcut: RunShortcut) -> None:
    ran = shortcut(
        mark("repeat.count", 0, WFRepeatCount=3),
        act("math", WFInput="${Repeat Index}", WFMathOperation="×", WFMathOperand=10),
        mark("repeat.count", 2),
    )
    assert ran.output == "10\n20\n30"


@pytest.mark.parametrize(("count", "rounds"), [(0, 0), (2.9, 2), ("3 times", 3)])
def test_repeat_count_takes_what_has_a_number(shortcut: RunShortcut, count: Any, rounds: int) -> None:
    ran = shortcut(
        mark("repeat.count", 0, WFRepeatCount=count),
        act("appendvariable", WFVariableName="v", WFInput="x"),
        mark("repeat.count", 2),
        act("count", Input="${v}"),
    )
    assert ran.output == str(rounds)


def test_loops_inside_loops_number_their_variables(shortcut: RunShortcut) -> None:
    ran = shortcut(
        mark("repeat.each", 0, "outer", WFInput=["a", "b"]),
        mark("repeat.each", 0, "inner", WFInput=["x", "y"]),
        act("gettext", WFTextActionText="${Repeat Item}${Repeat Item 2}${Repeat Index}${Repeat Index 2}"),
        mark("repeat.each", 2, "inner"),
        mark("repeat.each", 2, "outer"),
    )
    assert ran.output == "ax11\nay12\nbx21\nby22"


def test_loop_variables_end_with_their_loop(shortcut: RunShortcut) -> None:
    frame = Frame()
    shortcut(mark("repeat.each", 0, WFInput=["a"]), mark("repeat.each", 2), frame=frame)
    assert frame.variables == {}


def test_a_menu_runs_the_case_that_the_user_names(shortcut: RunShortcut) -> None:
    actions = (
        mark("choosefrommenu", 0, WFMenuPrompt="Which drink?", WFMenuItems=["Tea", "Iced tea"]),
        mark("choosefrommenu", 1, WFMenuItemTitle="Tea"),
        act("gettext", WFTextActionText="hot"),
        mark("choosefrommenu", 1, WFMenuItemTitle="Iced tea"),
        act("gettext", WFTextActionText="cold"),
        mark("choosefrommenu", 2),
    )
    ran = shortcut(*actions, answers=["the iced tea, please"])
    assert (ran.output, ran.questions) == ("cold", ["Which drink?\nOptions: Tea; Iced tea"])
    assert shortcut(*actions, answers=["1"]).output == "hot"
    error = shortcut(*actions, answers=["water"]).result.error
    assert error is not None
    assert (error.kind, error.index) == (RunErrorKind.BAD_ANSWER, 0)


def test_input_left_out_is_the_previous_output(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("gettext", WFTextActionText="b,a"),
        act("text.split", WFTextSeparator="Custom", WFTextCustomSeparator=","),
        act("comment", WFCommentActionText="no output: what was there stays"),
        act("getitemfromlist", WFItemSpecifier="Last Item"),
    )
    assert ran.output == "a"


def test_a_variable_nobody_set_is_nothing(shortcut: RunShortcut) -> None:
    missing = {"WFSerializationType": "WFTextTokenAttachment", "Value": {"Type": "Variable", "VariableName": "never"}}
    assert shortcut(act("count", Input=missing)).output == "0"


def test_a_lone_reference_keeps_the_kind_of_its_value(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("list", UUID="l", WFItems=["a", "b"]),
        act("setvariable", WFVariableName="v", WFInput="${l}"),
        act("appendvariable", WFVariableName="v", WFInput="c"),
        act("count", Input="${v}"),
    )
    assert ran.output == "3"


def test_references_are_post_processed(shortcut: RunShortcut) -> None:
    def attachment(*steps: dict[str, Any]) -> dict[str, Any]:
        value = {"Type": "ActionOutput", "OutputUUID": "d", "Aggrandizements": list(steps)}
        return {"WFSerializationType": "WFTextTokenAttachment", "Value": value}

    key = {"Type": "WFDictionaryValueVariableAggrandizement", "DictionaryKey": "when"}
    style = {"Type": "WFDateFormatVariableAggrandizement", "WFDateFormatStyle": "Custom", "WFDateFormat": "dd.MM."}
    ran = shortcut(
        act("dictionary", UUID="d", WFItems={"when": "tomorrow"}),
        act("gettext", WFTextActionText=attachment(key, style)),
    )
    assert ran.output == "15.05."


def test_system_references_come_from_the_device(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("gettext", WFTextActionText="${Clipboard} | ${CurrentDate} | ${DeviceDetails}|${ExtensionInput}")
    )
    assert ran.output == "copied before | May 14, 2025 at 8:40 AM | iPhone|"


def test_exit_ends_the_shortcut_with_its_input(shortcut: RunShortcut) -> None:
    ran = shortcut(
        mark("repeat.count", 0, WFRepeatCount=5),
        act("exit", WFResult="enough"),
        mark("repeat.count", 2),
        act("setclipboard", WFInput="never"),
    )
    assert (ran.output, ran.result.error, ran.world.device.clipboard) == ("enough", None, "copied before")


def test_what_was_done_before_an_error_stays_done(shortcut: RunShortcut) -> None:
    ran = shortcut(
        act("setclipboard", WFInput="first"),
        act("askllm"),
        act("setclipboard", WFInput="second"),
    )
    error = ran.result.error
    assert error is not None
    assert (error.kind, error.index) == (RunErrorKind.NOT_IMPLEMENTED, 1)
    assert "is.workflow.actions.askllm" in error.message
    assert ran.world.device.clipboard == "first"


def test_an_error_inside_nested_blocks_names_the_innermost_action(shortcut: RunShortcut) -> None:
    ran = shortcut(
        mark("repeat.count", 0, "a", WFRepeatCount=2),
        mark("conditional", 0, "b", WFInput="x", WFCondition=100),
        act("math", WFInput=1, WFMathOperation="÷", WFMathOperand=0),
        mark("conditional", 2, "b"),
        mark("repeat.count", 2, "a"),
    )
    assert ran.result.error is not None
    assert (ran.result.error.index, ran.result.error.kind) == (2, RunErrorKind.BAD_PARAMETER)
    assert "division by zero" in ran.result.error.message
