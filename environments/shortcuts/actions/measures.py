"""Numbers as text, statistics, expressions and measurements."""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable
from decimal import Decimal, DecimalException

from environments.shortcuts.actions.health import quantity
from environments.shortcuts.coercion import number_of
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import ARITHMETIC, NOTHING, Listing, Quantity, Value, number, spread


@action(
    "format.number",
    "Scripting",
    "Writes a number as text, with separators of thousands.",
    Parameter("WFNumber", ParameterType.NUMBER, "The number.", is_input=True, aliases=("WFInput",)),
    Parameter("WFNumberFormatDecimalPlaces", ParameterType.NUMBER, "How many decimals.", 2),
    output="Formatted Number",
)
def format_number(run: Run, given: Arguments) -> Value:
    """The text; a half is rounded away from zero."""
    places = given.integer("WFNumberFormatDecimalPlaces", least=0, most=20)
    unit = Decimal(1).scaleb(-places)
    try:
        return (f"{given.number('WFNumber').quantize(unit, rounding='ROUND_HALF_UP'):,f}",)
    except DecimalException:
        raise given.problem("WFNumber", f"is too large for {places} decimals") from None


def _mode(numbers: list[Decimal]) -> Decimal:
    return statistics.mode(numbers)


_OPERATIONS: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "Average": lambda numbers: ARITHMETIC.divide(sum(numbers, Decimal(0)), len(numbers)),
    "Minimum": min,
    "Maximum": max,
    "Sum": lambda numbers: sum(numbers, Decimal(0)),
    "Median": lambda numbers: statistics.median(numbers),
    "Mode": _mode,
    "Range": lambda numbers: max(numbers) - min(numbers),
    "Standard Deviation": lambda numbers: statistics.stdev(numbers) if len(numbers) > 1 else Decimal(0),
}


@action(
    "statistics",
    "Scripting",
    "Calculates a statistic of numbers.",
    Parameter("WFStatisticsOperation", ParameterType.ENUM, "Which.", "Average", tuple(_OPERATIONS)),
    Parameter("Input", ParameterType.ANY, "The numbers.", is_input=True, aliases=("WFInput",)),
    output="Statistics",
)
def calculate(run: Run, given: Arguments) -> Value:
    """The number; nothing of no numbers."""
    items = (part for item in given.value("Input") for part in (spread(item) if isinstance(item, Listing) else (item,)))
    numbers = [found for item in items if (found := number_of((item,))) is not None]
    if not numbers:
        return NOTHING
    try:
        found = number(_OPERATIONS[given.choice("WFStatisticsOperation")](numbers))
    except (ArithmeticError, statistics.StatisticsError):
        found = None
    return () if found is None else (found,)


_BINARY: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: lambda a, b: math.pow(a, b),
}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt, "abs": abs, "sin": math.sin, "cos": math.cos, "tan": math.tan, "ln": math.log,
    "log": math.log10, "exp": math.exp, "floor": math.floor, "ceil": math.ceil, "round": round,
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e}
_EXPRESSION = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+|[a-z]+|[-+*/%() ]){1,300}", re.A)


@action(
    "calculateexpression",
    "Scripting",
    "Calculates an expression such as (2 + 3) * sqrt(16).",
    Parameter("Input", ParameterType.TEXT, "The expression.", is_input=True, aliases=("WFInput",)),
    output="Calculation Result",
)
def expression(run: Run, given: Arguments) -> Value:
    """The number.

    Raises:
        ActionError: it is no expression of numbers, or has no result.
    """
    text = given.text("Input").replace("×", "*").replace("÷", "/").replace("^", "**").replace("−", "-").strip()
    if not _EXPRESSION.fullmatch(text):
        raise given.problem("Input", "must be an expression of at most 300 characters")
    try:
        result = number(float(f"{_value(ast.parse(text, mode='eval').body):.12g}"))
    except (SyntaxError, ValueError, ArithmeticError, TypeError, RecursionError, MemoryError):
        result = None
    if result is None:
        raise given.problem("Input", "can't be calculated")
    return (result,)


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return float(_FUNCTIONS[name](_value(argument)))
    raise ValueError("no expression of numbers")


_FACTORS: dict[str, dict[str, Decimal]] = {
    "Length": {
        "mm": Decimal("0.001"), "cm": Decimal("0.01"), "m": Decimal(1), "km": Decimal(1000),
        "in": Decimal("0.0254"), "ft": Decimal("0.3048"), "yd": Decimal("0.9144"), "mi": Decimal("1609.344"),
    },
    "Mass": {
        "mg": Decimal("0.000001"), "g": Decimal("0.001"), "kg": Decimal(1), "t": Decimal(1000),
        "oz": Decimal("0.028349523125"), "lb": Decimal("0.45359237"), "st": Decimal("6.35029318"),
    },
    "Duration": {"sec": Decimal(1), "s": Decimal(1), "min": Decimal(60), "hr": Decimal(3600), "day": Decimal(86400)},
    "Speed": {"m/s": Decimal(1), "km/h": Decimal(1) / Decimal("3.6"), "mph": Decimal("0.44704")},
    "Volume": {
        "mL": Decimal("0.001"), "L": Decimal(1), "cup": Decimal("0.24"), "pt": Decimal("0.473176473"),
        "gal": Decimal("3.785411784"), "fl oz": Decimal("0.0295735295625"), "tsp": Decimal("0.00492892159375"),
        "tbsp": Decimal("0.01478676478125"),
    },
    "Area": {"m²": Decimal(1), "km²": Decimal(1_000_000), "ft²": Decimal("0.09290304"), "ha": Decimal(10_000)},
    "Energy": {"J": Decimal(1), "kJ": Decimal(1000), "cal": Decimal("4.184"), "kcal": Decimal(4184),
               "kWh": Decimal(3_600_000)},
    "Information Storage": {"bit": Decimal("0.125"), "B": Decimal(1), "kB": Decimal(1000), "MB": Decimal(10**6),
                            "GB": Decimal(10**9), "TB": Decimal(10**12)},
}  # fmt: skip
_DEGREES = {
    "°C": (Decimal(1), Decimal(0)),
    "°F": (Decimal(9) / Decimal(5), Decimal(32)),
    "K": (Decimal(1), Decimal("273.15")),
}
"""Of each scale of temperature: what a degree of Celsius is, and where zero is."""
_SPELLED = {"c": "°C", "f": "°F", "celsius": "°C", "fahrenheit": "°F", "kelvin": "K", "miles": "mi", "kilometers": "km",
            "meters": "m", "feet": "ft",
            "inches": "in", "pounds": "lb", "kilograms": "kg", "grams": "g",
            "ounces": "oz", "minutes": "min", "hours": "hr", "seconds": "sec", "liters": "L",
            "kph": "km/h"}  # fmt: skip
_TYPE = Parameter("WFMeasurementUnitType", ParameterType.TEXT, "Of what, such as Length or Temperature.", "Length")


@action(
    "measurement.create",
    "Scripting",
    "Makes a measurement.",
    Parameter("WFMeasurementUnit", ParameterType.QUANTITY, 'A quantity such as {"Magnitude": 5, "Unit": "km"}.'),
    _TYPE,
    output="Measurement",
)
def create(run: Run, given: Arguments) -> Value:
    """The measurement."""
    return (quantity(given, "WFMeasurementUnit"),)


@action(
    "measurement.convert",
    "Scripting",
    "Converts a measurement to another unit.",
    Parameter("WFInput", ParameterType.QUANTITY, "The measurement.", is_input=True),
    Parameter("WFMeasurementUnit", ParameterType.ANY, "The unit, such as mi."),
    _TYPE,
    output="Converted Measurement",
)
def convert(run: Run, given: Arguments) -> Value:
    """The same in that unit."""
    items = given.value("WFMeasurementUnit")
    wanted = items[0].unit if items and isinstance(items[0], Quantity) else given.text("WFMeasurementUnit").strip()
    found = _converted(quantity(given, "WFInput"), _SPELLED.get(wanted.casefold(), wanted))
    if found is None:
        raise ActionError(RunErrorKind.BAD_PARAMETER, f"this can't be converted to {wanted[:40]!r}")
    return (found,)


def _converted(given: Quantity, unit: str) -> Quantity | None:
    have = _SPELLED.get(given.unit.casefold(), given.unit)
    if have in _DEGREES and unit in _DEGREES:
        (per, zero), (wanted_per, wanted_zero) = _DEGREES[have], _DEGREES[unit]
        celsius = ARITHMETIC.divide(given.magnitude - zero, per)
        return _rounded(celsius * wanted_per + wanted_zero, unit)
    for factors in _FACTORS.values():
        if have in factors and unit in factors:
            return _rounded(ARITHMETIC.divide(given.magnitude * factors[have], factors[unit]), unit)
    return None


def _rounded(value: Decimal, unit: str) -> Quantity | None:
    """To ten digits, as the device shows it."""
    found = number(Decimal(f"{value:.10g}"))
    return None if found is None else Quantity(found, unit)
