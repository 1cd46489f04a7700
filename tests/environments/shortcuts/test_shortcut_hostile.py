"""No input hangs the interpreter, exhausts the stack, or raises: it ends with a result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shortcut_building import RunShortcut, act, mark

from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.program import CONTROL_FLOW
from environments.shortcuts.registry import ACTIONS
from environments.shortcuts.running import Frame, Run, RunErrorKind, World
from environments.shortcuts.setup import phone

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["U1", "U2", "v", "Repeat Item"])
references = st.fixed_dictionaries(
    {"Type": st.sampled_from(["ActionOutput", "Variable", "Ask", "CurrentDate", "Clipboard", "Input", "Odd"])},
    optional={
        "OutputUUID": names,
        "VariableName": names,
        "Aggrandizements": st.lists(
            st.fixed_dictionaries(
                {
                    "Type": st.sampled_from([
                        "WFDictionaryValueVariableAggrandizement", "WFPropertyVariableAggrandizement",
                        "WFCoercionVariableAggrandizement", "WFDateFormatVariableAggrandizement", "Odd",
                    ])
                },
                optional={
                    "DictionaryKey": st.text(max_size=6),
                    "PropertyName": st.sampled_from(["Title", "Due Date", "Odd"]),
                    "CoercionItemClass": st.sampled_from(["WFNumberContentItem", "WFDateContentItem", "Odd"]),
                    "WFDateFormatStyle": st.sampled_from(["Custom", "Short", "ISO 8601", "Odd"]),
                    "WFDateFormat": st.text(max_size=8),
                },
            ),
            max_size=2,
        ),
    },
)  # fmt: skip
values = st.one_of(
    json_values,
    st.sampled_from(["${U1}", "${v}", "a ${U1} b", "${Ask}", "now", "3", '{"a": [1]}', "Shopping", "Maya", "Home",
                     "IMG_0412.HEIC", "todo.txt", "4 Mill Lane", "Slow Tide", "https://example.org/reading/tides"]),
    references.map(lambda held: {"WFSerializationType": "WFTextTokenAttachment", "Value": held}),
    st.tuples(st.text(max_size=8), st.dictionaries(st.sampled_from(["{0, 1}", "{2, 1}", "x"]), references)).map(
        lambda pair: {
            "WFSerializationType": "WFTextTokenString",
            "Value": {"string": f"\ufffc{pair[0]}\ufffc", "attachmentsByRange": pair[1]},
        }
    ),
    st.fixed_dictionaries({"Magnitude": json_values, "Unit": st.sampled_from(["hr", "years", "odd"])}),
    st.lists(
        st.fixed_dictionaries({
            "Property": st.sampled_from(["Title", "Due Date"]),
            "Operator": st.sampled_from([0, 4, 99, 1000, 1003, "odd"]),
            "Values": st.fixed_dictionaries({"String": json_values, "Unit": st.sampled_from([16, 4, 3])}),
        }),
        max_size=2,
    ).map(lambda rows: {"WFActionParameterFilterTemplates": rows}),
)  # fmt: skip


def with_parameters(identifier: str) -> st.SearchStrategy[dict[str, Any]]:
    """An action with some of its own parameters, and any values in them."""
    declared = [parameter.name for parameter in ACTIONS[identifier].parameters] + ["Odd"]
    marked: dict[str, st.SearchStrategy[Any]] = {"UUID": names}
    if identifier in CONTROL_FLOW:
        marked = {"GroupingIdentifier": st.sampled_from("gh"), "WFControlFlowMode": st.sampled_from([0, 0, 1, 2, 2])}
        declared = [name for name in declared if name not in marked]
    given = st.dictionaries(st.sampled_from(declared), values, max_size=3)
    return st.builds(lambda one, other: act(identifier, **one, **other), given, st.fixed_dictionaries(marked))


# Made once: making a strategy for each action of each example takes longer than running it.
EVERY_ACTION = st.one_of(
    *(with_parameters(identifier) for identifier in sorted(ACTIONS)),
    *(with_parameters(identifier) for identifier in sorted(CONTROL_FLOW) * 40),
)


# What random actions find among outputs: things of many kinds.
FINDS: tuple[tuple[dict[str, Any], ...], ...] = (
    (),
    (act("getlastphoto", UUID="U1", WFGetLatestPhotoCount=3), act("setvariable", WFVariableName="v", WFInput="${U1}")),
    (act("documentpicker.open", UUID="U1", WFGetFilePath="todo.txt"), act("getcurrentlocation", UUID="U2")),
    (act("getwebpagecontents", UUID="U1", WFInput="https://example.org/reading/tides"), act("filter.music", UUID="U2")),
    (act("weather.forecast", UUID="U1"), act("filter.calendarevents", UUID="U2")),
    (act("getmyworkflows", UUID="U1"), act("filter.health.quantity", UUID="U2")),
    (
        act("text.match", UUID="U1", text="a1 b2", WFMatchTextPattern="([a-z])([0-9])"),
        act("filter.contacts", UUID="U2"),
    ),
)


def run(given_actions: list[Any], *, lenient: bool = False) -> RunResult:
    async def ask(question: str) -> str:
        return question[-12:]

    world = World(1, phone(), lenient=lenient)
    return asyncio.run(run_actions(given_actions, Run(world, ask, Frame())))


@given(st.lists(EVERY_ACTION, max_size=14), st.sampled_from(FINDS), st.booleans())
@settings(max_examples=250)
def test_any_list_of_actions_ends_with_a_result(
    given_actions: list[dict[str, Any]], before: tuple[dict[str, Any], ...], lenient: bool
) -> None:
    actions = [*before, *given_actions]
    result = run(actions, lenient=lenient)
    assert result.steps <= 2_001
    if result.error is not None:
        assert 0 <= result.error.index < len(actions)


@given(st.lists(st.one_of(json_values, st.fixed_dictionaries({"WFWorkflowActionIdentifier": json_values})), max_size=4))
def test_what_is_no_list_of_actions_is_a_typed_error(given_actions: list[Any]) -> None:
    result = run(given_actions)
    assert (result.error is None) == (not given_actions)


def limited(result: RunResult, words: str = "") -> None:
    assert result.error is not None
    assert result.error.kind is RunErrorKind.LIMIT
    assert words in result.error.message


def test_nested_loops_stop_at_the_step_limit(shortcut: RunShortcut) -> None:
    begins = [mark("repeat.count", 0, str(level), WFRepeatCount=1000) for level in range(10)]
    ends = [mark("repeat.count", 2, str(level)) for level in reversed(range(10))]
    limited(shortcut(*begins, *ends).result, "2000 steps")


def test_a_huge_repeat_is_refused_before_it_begins(shortcut: RunShortcut) -> None:
    error = shortcut(mark("repeat.count", 0, WFRepeatCount=10**18), mark("repeat.count", 2)).result.error
    assert error is not None
    assert error.kind is RunErrorKind.BAD_PARAMETER


def test_blocks_nested_a_thousand_deep_are_a_limit(shortcut: RunShortcut) -> None:
    limited(shortcut(*[mark("conditional", 0, str(level)) for level in range(1000)]).result, "64 levels")


def test_blocks_nested_to_the_limit_run(shortcut: RunShortcut) -> None:
    begins = [mark("conditional", 0, str(level), WFInput="x", WFCondition=100) for level in range(64)]
    ends = [mark("conditional", 2, str(level)) for level in reversed(range(64))]
    assert shortcut(*begins, act("gettext", WFTextActionText="deep"), *ends).output == "deep"


def doubling(*inner: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        act("setvariable", WFVariableName="v", WFInput="0123456789"),
        mark("repeat.count", 0, WFRepeatCount=100),
        *inner,
        mark("repeat.count", 2),
    ]


@pytest.mark.parametrize(
    "inner",
    [
        (act("setvariable", WFVariableName="v", WFInput="${v}${v}"),),
        (act("appendvariable", WFVariableName="v", WFInput="${v}"),),
        (
            act("text.replace", UUID="t", WFInput="${v}", WFReplaceTextFind="0", WFReplaceTextReplace="${v}${v}"),
            act("setvariable", WFVariableName="v", WFInput="${t}"),
        ),
        (act("setvariable", WFVariableName="v", WFInput={"a": "${v}", "b": "${v}"}),),
        (act("setvariable", WFVariableName="v", WFInput={"a": "${v}"}),),
        (
            act(
                "text.combine", UUID="t", text=["${v}", "${v}"], WFTextSeparator="Custom", WFTextCustomSeparator="${v}"
            ),
            act("setvariable", WFVariableName="v", WFInput="${t}"),
        ),
        (
            act("appendnote", WFNote="Groceries", WFInput="${v}"),
            act("setvariable", WFVariableName="v", WFInput="${v}${v}"),
        ),
    ],
)
def test_what_doubles_itself_stops_at_the_size_limit(shortcut: RunShortcut, inner: tuple[dict[str, Any], ...]) -> None:
    limited(shortcut(*doubling(*inner)).result)


def test_a_regular_expression_cannot_explode(shortcut: RunShortcut) -> None:
    ran = shortcut(act("text.match", text="a" * 50_000 + "b", WFMatchTextPattern="(a|aa)+$"))
    assert (ran.result.error, ran.output) == (None, "")
    grown = act(
        "text.replace",
        WFInput="a" * 60_000,
        WFReplaceTextFind="a|",
        WFReplaceTextReplace="b" * 60_000,
        WFReplaceTextRegularExpression=True,
    )
    limited(shortcut(grown).result)


def test_questions_and_shown_results_are_limited(shortcut: RunShortcut) -> None:
    asking = [mark("repeat.count", 0, WFRepeatCount=100), act("ask"), mark("repeat.count", 2)]
    limited(shortcut(*asking, answers=["x"] * 100).result, "20 questions")
    showing = [mark("repeat.count", 0, WFRepeatCount=200), act("showresult", Text="x"), mark("repeat.count", 2)]
    limited(shortcut(*showing).result, "100 results")


def test_the_device_takes_only_so_many_entries(shortcut: RunShortcut) -> None:
    flood = [mark("repeat.count", 0, WFRepeatCount=999), act("notification"), mark("repeat.count", 2)]
    ran = shortcut(*flood)
    assert ran.result.error is None
    limited(shortcut(*flood, world=ran.world).result, "1000 changes")
