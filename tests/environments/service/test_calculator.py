"""The `calculate` tool: upstream's answers and error texts, and nothing that takes memory or time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.service.calculator import calculate
from environments.toolkit import ToolFailure


def refusal(expression: object) -> str:
    with pytest.raises(ToolFailure) as caught:
        calculate(expression)
    return str(caught.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 2", "4.0"),
        ("  7", "7.0"),
        ("(1 + 2) * 3.5", "10.5"),
        ("100 / 3", "33.33"),
        ("2 - -3", "5.0"),
        ("0.125 * 1", "0.12"),
        ("-5 // 2", "-3.0"),
        ("2 ** 3 ** 2", "512.0"),
        ("2 ** -1", "0.5"),
        ("10 - 4 - 3", "3.0"),
        ("1.", "1.0"),
    ],
)
def test_arithmetic_is_rounded_to_two_digits_and_always_has_a_point(expression: str, value: str) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("two", "Invalid characters in expression"),
        ("1,000", "Invalid characters in expression"),
        ("1 / 0", "division by zero"),
        ("", "invalid syntax (<string>, line 0)"),
        ("2 +", "invalid syntax (<string>, line 1)"),
        ("(1", "'(' was never closed (<string>, line 1)"),
        ("1 (2)", "'int' object is not callable"),
        ("()", "float() argument must be a string or a real number, not 'tuple'"),
        ("(0-8)**.5", "float() argument must be a string or a real number, not 'complex'"),
        ("() + 1", 'can only concatenate tuple (not "int") to tuple'),
        ("9**9**4", "int too large to convert to float"),
    ],
)
def test_what_has_no_value_fails_with_upstreams_text(expression: str, text: str) -> None:
    assert refusal(expression) == text


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (5, "'int' object is not iterable"),
        (None, "'NoneType' object is not iterable"),
        (["1"], "eval() arg 1 must be a string, bytes or code object"),
        ([1], "'in <string>' requires string as left operand, not int"),
    ],
)
def test_what_is_no_text_fails_with_upstreams_text(argument: object, text: str) -> None:
    assert refusal(argument) == text


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "9**9**9**9",
        "(9**9**4)*" * 200 + "1",
        "-" * 3_900 + "1",
        "1**" * 1_300 + "1",
        "(" * 3_900,
        "1+" * 100_000 + "1",
        "9" * 3_900,
    ],
)
def test_what_would_exhaust_memory_or_the_stack_is_refused(expression: str) -> None:
    assert refusal(expression)


def test_a_long_sum_is_no_deep_one() -> None:
    assert calculate("+".join(["1"] * 1_900)) == "1900.0"


def test_powers_of_one_are_cheap_whatever_the_exponent() -> None:
    assert calculate("1**" + "9" * 1_000) == "1.0"


_NUMBERS = st.integers(0, 9_999).map(str) | st.decimals(0, 999, places=2).map(str)
_EXPRESSIONS = st.recursive(
    _NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join)
        | inner.map("({})".format)
        | inner.map("-{}".format)
    ),
    max_leaves=12,
)


@given(_EXPRESSIONS)
def test_arithmetic_agrees_with_pythons_own(expression: str) -> None:
    assert _outcome(calculate, expression) == _outcome(_evaluated, expression)


@given(st.text("0123456789+-*/(). ", max_size=40))
def test_any_allowed_characters_are_a_value_or_a_refusal(expression: str) -> None:
    assert isinstance(_outcome(calculate, expression), str)


def _evaluated(expression: str) -> str:
    return str(round(float(eval(expression, {"__builtins__": None}, {})), 2))


def _outcome(function: Callable[[str], str], expression: str) -> str:
    try:
        return function(expression)
    except (ToolFailure, ZeroDivisionError) as error:
        return f"Error: {error}"
