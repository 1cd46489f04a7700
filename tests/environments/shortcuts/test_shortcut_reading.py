from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shortcut_building import act, mark

from environments.shortcuts.blocks import MAX_NESTING, TooDeep, steps_of
from environments.shortcuts.forms import Malformed
from environments.shortcuts.program import (
    Aggrandizing,
    Block,
    DictionaryNode,
    FilterNode,
    ListNode,
    Literal,
    Node,
    Program,
    QuantityNode,
    Reference,
    Source,
    Step,
    Text,
    length,
)
from environments.shortcuts.reading import read_program


def node(value: Any, *before: Any) -> Node:
    """The node that a parameter's value makes, after actions that declare names."""
    program = read_program([*before, act("gettext", value=value)])
    last = list(steps_of(program.body))[-1]
    return last.parameters["value"]


def token(string: str, **attachments: Any) -> dict[str, Any]:
    by_range = {f"{{{place.removeprefix('at')}, 1}}": held for place, held in attachments.items()}
    return {"WFSerializationType": "WFTextTokenString", "Value": {"string": string, "attachmentsByRange": by_range}}


def test_placeholders_are_counted_in_utf16_units() -> None:
    read = node(token("☕️ 🛒 \ufffc mg \ufffc", at6={"Type": "Variable", "VariableName": "a"}, at11={"Type": "Ask"}))
    assert read == Text(
        ("☕️ 🛒 ", Reference(Source.VARIABLE, key="a"), " mg ", Reference(Source.ASK)),
    )


def test_an_attachment_keeps_its_post_processing_in_order() -> None:
    read = node({
        "WFSerializationType": "WFTextTokenAttachment",
        "Value": {
            "Type": "ActionOutput",
            "OutputUUID": "U",
            "OutputName": "Contents",
            "Aggrandizements": [
                {"Type": "WFDictionaryValueVariableAggrandizement", "DictionaryKey": "a.b"},
                {"Type": "WFCoercionVariableAggrandizement", "CoercionItemClass": "WFNumberContentItem"},
                {"Type": "WFUnheardOf"},
            ],
        },
    })  # fmt: skip
    assert isinstance(read, Text)
    (reference,) = read.parts
    assert isinstance(reference, Reference)
    assert [(step.kind, step.name) for step in reference.aggrandizements] == [
        (Aggrandizing.DICTIONARY_KEY, "a.b"),
        (Aggrandizing.COERCION, "WFNumberContentItem"),
    ]


def test_a_conditionals_extra_wrapper_is_unwrapped() -> None:
    inner = {"WFSerializationType": "WFTextTokenAttachment", "Value": {"Type": "Variable", "VariableName": "x"}}
    assert node({"Type": "Variable", "Variable": inner}) == Text((Reference(Source.VARIABLE, key="x"),))


def test_dictionary_rows_are_read_by_their_types() -> None:
    rows = [
        {"WFItemType": 0, "WFKey": token("name"), "WFValue": token("Noor")},
        {"WFItemType": 3, "WFKey": token("age"), "WFValue": token("41")},
        {
            "WFItemType": 4,
            "WFKey": token("on"),
            "WFValue": {"Value": True, "WFSerializationType": "WFNumberSubstitutableState"},
        },
        {
            "WFItemType": 2,
            "WFKey": token("tags"),
            "WFValue": {"Value": ["a", "b"], "WFSerializationType": "WFArrayParameterState"},
        },
        {
            "WFItemType": 1,
            "WFKey": token("more"),
            "WFValue": {
                "WFSerializationType": "WFDictionaryFieldValue",
                "Value": {
                    "WFSerializationType": "WFDictionaryFieldValue",
                    "Value": {
                        "WFDictionaryFieldValueItems": [{"WFItemType": 0, "WFKey": token("k"), "WFValue": token("v")}]
                    },
                },
            },
        },
    ]
    read = node({"WFSerializationType": "WFDictionaryFieldValue", "Value": {"WFDictionaryFieldValueItems": rows}})
    assert read == DictionaryNode((
        (Text(("name",)), Text(("Noor",))),
        (Text(("age",)), Literal(Decimal(41))),
        (Text(("on",)), Literal(True)),
        (Text(("tags",)), ListNode((Text(("a",)), Text(("b",))))),
        (Text(("more",)), DictionaryNode(((Text(("k",)), Text(("v",))),))),
    ))  # fmt: skip


def test_plain_data_reads_as_lists_dictionaries_and_quantities() -> None:
    assert node([1, "a", None]) == ListNode((Literal(Decimal(1)), Text(("a",)), Literal(None)))
    assert node({"k": 2.5}) == DictionaryNode(((Text(("k",)), Literal(Decimal("2.5"))),))
    assert node({"Magnitude": 2, "Unit": "hr"}) == QuantityNode(Literal(Decimal(2)), "hr")


def test_short_references_are_references_only_to_what_has_a_name() -> None:
    before = (act("ask", UUID="who"), act("setvariable", WFVariableName="when"))
    assert node("Call ${who} ${when}: ${nobody} ${PATH}", *before) == Text((
        "Call ",
        Reference(Source.ACTION_OUTPUT, key="who", name="who"),
        " ",
        Reference(Source.VARIABLE, key="when", name="when"),
        ": ${nobody} ${PATH}",
    ))  # fmt: skip
    assert node("${Ask: Which one?}") == Text((Reference(Source.ASK, prompt="Which one?"),))
    assert node("${CurrentDate}") == Text((Reference(Source.CURRENT_DATE),))
    assert node("${Repeat Item 2}") == Text((Reference(Source.VARIABLE, key="Repeat Item 2", name="Repeat Item 2"),))


def test_a_short_reference_to_nothing_is_reported() -> None:
    assert "${nobody} names nothing" in read_program([act("gettext", WFTextActionText="${nobody}")]).repairs[0]


def test_malformed_attachments_are_left_out_and_reported() -> None:
    bad = {"string": "a\ufffcb", "attachmentsByRange": {"nowhere": {"Type": "Ask"}, "{7, 1}": {"Type": "Ask"}}}
    program = read_program([act("gettext", x={"WFSerializationType": "WFTextTokenString", "Value": bad})])
    assert next(iter(steps_of(program.body))).parameters["x"] == Text(("ab",))
    assert len(program.repairs) == 2


def test_filters_are_read_with_their_operands_wherever_they_stand() -> None:
    read = node({
        "WFSerializationType": "WFContentPredicateTableTemplate",
        "Value": {
            "WFActionParameterFilterPrefix": 0,
            "WFActionParameterFilterTemplates": [
                {"Property": "Title", "Operator": 99, "Values": {"String": "milk", "Unit": 4}},
                {"Property": "Start Date", "Operator": 1003, "VariableOverrides": {
                    "anotherDateValue": {"Type": "Variable", "VariableName": "end"},
                    "dateValue": {"Type": "Variable", "VariableName": "begin"},
                }},
                {"Property": "X", "Operator": "nonsense"},
            ],
        },
    })  # fmt: skip
    assert isinstance(read, FilterNode)
    assert not read.every
    assert [(row.property, row.operator) for row in read.conditions] == [("Title", 99), ("Start Date", 1003)]
    assert read.conditions[0].value == Text(("milk",))
    assert read.conditions[1].value == Text((Reference(Source.VARIABLE, key="begin"),))
    assert read.conditions[1].second == Text((Reference(Source.VARIABLE, key="end"),))


@pytest.mark.parametrize(
    ("actions", "index"),
    [
        ([act("comment"), "no action"], 1),
        ([{"WFWorkflowActionParameters": {}}], 0),
        ([{"WFWorkflowActionIdentifier": ""}], 0),
        ([{"WFWorkflowActionIdentifier": "x", "WFWorkflowActionParameters": []}], 0),
        ([act("comment")] * 1001, 1000),
    ],
)
def test_what_is_no_action_is_named_by_its_place(actions: list[Any], index: int) -> None:
    with pytest.raises(Malformed) as caught:
        read_program(actions)
    assert caught.value.index == index


def test_values_nested_too_deeply_are_malformed() -> None:
    value: Any = "x"
    for _ in range(40):
        value = [value]
    with pytest.raises(Malformed, match="levels deep"):
        node(value)


def tree(program: Program) -> list[Any]:
    """The identifiers of a program, blocks as lists of segments."""

    def shown(part: Step | Block) -> Any:
        if isinstance(part, Step):
            return part.identifier.rsplit(".", 1)[-1]
        return [[shown(inner) for inner in segment.body] for segment in part.segments]

    return [shown(part) for part in program.body]


def test_markers_make_a_tree() -> None:
    program = read_program([
        mark("conditional", 0, "a"), act("comment"), mark("repeat.count", 0, "b"), act("number"),
        mark("repeat.count", 2, "b"), mark("conditional", 1, "a"), act("list"), mark("conditional", 2, "a"),
        act("exit"),
    ])  # fmt: skip
    assert tree(program) == [[["comment", [["number"]]], ["list"]], "exit"]
    assert program.repairs == ()


def test_stray_and_unclosed_markers_are_repaired_and_reported() -> None:
    program = read_program([
        mark("conditional", 2, "stray"), mark("repeat.each", 0, "loop"), mark("conditional", 0, "open"), act("number"),
        mark("repeat.each", 2, "loop"), act("exit"), mark("choosefrommenu", 0, "menu"),
    ])  # fmt: skip
    assert tree(program) == [[[[["number"]]]], "exit", [[]]]
    assert [report.split(":")[0] for report in program.repairs] == ["action 0", "action 2", "action 6"]


def test_blocks_nested_beyond_the_limit_are_refused_without_recursion() -> None:
    with pytest.raises(TooDeep) as caught:
        read_program([mark("conditional", 0, str(level)) for level in range(1000)])
    assert caught.value.index == MAX_NESTING


def test_length_counts_a_block_as_its_longest_segment() -> None:
    program = read_program([
        act("comment"), act("alert"), act("number"), mark("conditional", 0), act("number"), mark("conditional", 1),
        act("number"), act("number"), mark("conditional", 2), mark("repeat.count", 0, "r"), act("number"),
        mark("repeat.count", 2, "r"),
    ])  # fmt: skip
    assert length(program.body) == 1 + 2 + 1
