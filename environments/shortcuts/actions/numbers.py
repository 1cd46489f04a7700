"""Numbers: make, calculate, round, count, draw."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException

from environments.shortcuts.coercion import coerced, text_of
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import ARITHMETIC, ItemKind, Value, number

_BASIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "×": ARITHMETIC.multiply,
    "÷": ARITHMETIC.divide,
}
_SCIENTIFIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "Modulus": lambda a, b: ARITHMETIC.remainder(a, b),
    "x^2": lambda a, b: ARITHMETIC.power(a, 2),
    "x^3": lambda a, b: ARITHMETIC.power(a, 3),
    "x^y": lambda a, b: ARITHMETIC.power(a, b),
    "e^x": lambda a, b: ARITHMETIC.exp(a),
    "10^x": lambda a, b: ARITHMETIC.power(10, a),
    "ln(x)": lambda a, b: ARITHMETIC.ln(a),
    "log(x)": lambda a, b: ARITHMETIC.log10(a),
    "√x": lambda a, b: ARITHMETIC.sqrt(a),
    "∛x": lambda a, b: ARITHMETIC.power(a.copy_abs(), ARITHMETIC.divide(1, 3)).copy_sign(a),
    "x!": lambda a, b: _factorial(a),
    "sin(x)": lambda a, b: _rounded(math.sin(a)),
    "cos(x)": lambda a, b: _rounded(math.cos(a)),
    "tan(x)": lambda a, b: _rounded(math.tan(a)),
    "abs(x)": lambda a, b: a.copy_abs(),
}
_ALIASES = {"*": "×", "x": "×", "/": "÷", "−": "-", "–": "-"}


def _factorial(value: Decimal) -> Decimal:
    if value != value.to_integral_value() or not 0 <= value <= 80:
        raise ValueError("a factorial takes a whole number from 0 to 80")
    return ARITHMETIC.create_decimal(math.factorial(int(value)))


def _rounded(value: float) -> Decimal:
    """To 12 digits, which all platforms' C libraries agree on."""
    return Decimal(f"{value:.12g}")


@action(
    "number",
    "Scripting",
    "Makes a number.",
    Parameter("WFNumberActionNumber", ParameterType.NUMBER, "The number."),
    output="Number",
)
def make_number(run: Run, given: Arguments) -> Value:
    """The number."""
    return (given.number("WFNumberActionNumber"),)


@action(
    "math",
    "Scripting",
    "Calculates with one or two numbers.",
    Parameter("WFInput", ParameterType.NUMBER, "The first number.", is_input=True),
    Parameter("WFMathOperation", ParameterType.TEXT, "+, -, ×, ÷, or … for a scientific operation.", "+"),
    Parameter("WFMathOperand", ParameterType.NUMBER, "The second number."),
    Parameter("WFScientificMathOperation", ParameterType.ENUM, "With … only.", "Modulus", tuple(_SCIENTIFIC)),
    Parameter("WFScientificMathOperand", ParameterType.NUMBER, "The second number of Modulus and x^y."),
    output="Calculation Result",
)
def calculate(run: Run, given: Arguments) -> Value:
    """The result."""
    sign = given.text("WFMathOperation").strip()
    sign = _ALIASES.get(sign, sign)
    left = given.number("WFInput")
    right = Decimal(0)
    if sign in _BASIC:
        work, right = _BASIC[sign], given.number("WFMathOperand")
    elif sign in ("…", "..."):
        name = given.choice("WFScientificMathOperation")
        work = _SCIENTIFIC[name]
        if name in ("Modulus", "x^y"):
            right = given.number("WFScientificMathOperand")
    else:
        raise given.problem("WFMathOperation", "must be one of +, -, ×, ÷, …")
    try:
        result = number(work(left, right))
    except (DecimalException, ArithmeticError, ValueError) as error:
        reason = "a division by zero" if right == 0 and sign == "÷" else str(error) or type(error).__name__
        raise ActionError(RunErrorKind.BAD_PARAMETER, f"this can't be calculated: {reason}") from None
    if result is None:
        raise ActionError(RunErrorKind.BAD_PARAMETER, "the result is no number that the device can hold")
    return (result,)


_PLACES = {
    "Millions": 6, "Hundred Thousands": 5, "Ten Thousands": 4, "Thousands": 3, "Hundreds Place": 2,
    "Tens Place": 1, "Ones Place": 0, "Tenths": -1, "Hundredths": -2, "Thousandths": -3,
    "Ten Thousandths": -4, "Hundred Thousandths": -5, "Millionths": -6,
}  # fmt: skip
_MODES = {"Normal": ROUND_HALF_UP, "Always Round Up": ROUND_CEILING, "Always Round Down": ROUND_FLOOR}


@action(
    "round",
    "Scripting",
    "Rounds a number.",
    Parameter("WFInput", ParameterType.NUMBER, "The number.", is_input=True),
    Parameter("WFRoundTo", ParameterType.ENUM, "To which place.", "Ones Place", (*_PLACES, "10 ^")),
    Parameter("WFRoundMode", ParameterType.ENUM, "Which way.", "Normal", tuple(_MODES), aliases=("WFRoundType",)),
    Parameter("TenToThePowerOf", ParameterType.NUMBER, "The place, with `10 ^`.", 1),
    output="Rounded Number",
)
def round_number(run: Run, given: Arguments) -> Value:
    """The rounded number."""
    place = given.choice("WFRoundTo")
    power = _PLACES[place] if place in _PLACES else given.integer("TenToThePowerOf", least=-30, most=30)
    unit = Decimal(1).scaleb(power)
    whole = ARITHMETIC.divide(given.number("WFInput"), unit).to_integral_value(_MODES[given.choice("WFRoundMode")])
    result = number(ARITHMETIC.multiply(whole, unit))
    return () if result is None else (result,)


@action(
    "number.random",
    "Scripting",
    "Draws a whole number between two bounds, both included.",
    Parameter("WFRandomNumberMinimum", ParameterType.NUMBER, "The least.", 0),
    Parameter("WFRandomNumberMaximum", ParameterType.NUMBER, "The greatest.", 100),
    output="Random Number",
)
def random_number(run: Run, given: Arguments) -> Value:
    """A number drawn by the episode's chance."""
    low = given.integer("WFRandomNumberMinimum", least=-(10**15), most=10**15)
    high = given.integer("WFRandomNumberMaximum", least=-(10**15), most=10**15)
    return (Decimal(run.world.chance().randint(min(low, high), max(low, high))),)


@action(
    "detect.number",
    "Scripting",
    "Finds the numbers in its input.",
    Parameter("WFInput", ParameterType.ANY, "What to look into.", is_input=True),
    output="Numbers",
)
def detect_numbers(run: Run, given: Arguments) -> Value:
    """The first number of each item."""
    return coerced(given.value("WFInput"), ItemKind.NUMBER, run.clock)


_COUNTS = ("Items", "Characters", "Words", "Sentences", "Lines")


@action(
    "count",
    "Scripting",
    "Counts items, characters, words, sentences or lines.",
    Parameter("WFCountType", ParameterType.ENUM, "What is counted.", "Items", _COUNTS),
    Parameter("Input", ParameterType.ANY, "In what.", is_input=True, aliases=("WFInput",)),
    output="Count",
)
def count(run: Run, given: Arguments) -> Value:
    """How many there are."""
    value, kind = given.value("Input"), given.choice("WFCountType")
    if kind == "Items":
        return (Decimal(len(value)),)
    text = text_of(value, run.clock)
    parts = {
        "Characters": lambda: len(text),
        "Words": lambda: len(re.findall(r"\w+(?:['’-]\w+)*", text)),
        "Sentences": lambda: len([part for part in re.split(r"[.!?]+(?:\s|$)", text) if part.strip()]),
        "Lines": lambda: len(text.splitlines()),
    }
    return (Decimal(parts[kind]()),)
