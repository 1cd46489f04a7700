"""The `calculate` tool of the airline and the retail desk, which upstream gives to Python's `eval`.

An expression may hold digits, `+ - * / ( ) .` and spaces, so `**` and `//` too. It is parsed by Python, for
upstream's error texts are Python's, and walked here: nothing is executed, and what would take memory or time
without end (long texts, deep nesting, powers of powers) is refused. Known difference: a call with starred
arguments, `1(*2)`, fails with the plain text about calls.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

from environments.toolkit import ToolFailure

_CHARACTERS: Final = "0123456789+-*/(). "
_MAX_LENGTH: Final = 4_000
"""Characters of an expression."""
_MAX_DEPTH: Final = 250
"""Nested operations; a chain such as `1+1+1` is one, as long as it may be."""
_MAX_BITS: Final = 100_000
"""Of an integer on the way. A result has 1,024 at most, since it becomes a float."""

_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def calculate(expression: object) -> str:
    """The value of an expression, rounded to two digits and always with a point: `2+2` is `4.0`.

    Raises:
        ToolFailure: it has other characters, has no value as a number, or is too large.
    """
    try:
        if not all(char in _CHARACTERS for char in expression):  # type: ignore[attr-defined]
            raise ToolFailure("Invalid characters in expression")
        if not isinstance(expression, str):
            raise TypeError("eval() arg 1 must be a string, bytes or code object")
        return str(round(float(_value(_parsed(expression), 0)), 2))
    except (TypeError, ValueError, SyntaxError, ArithmeticError) as error:
        raise ToolFailure(str(error)) from None


def _parsed(expression: str) -> ast.expr:
    if len(expression) > _MAX_LENGTH:
        raise ToolFailure(f"Expression is too long: {len(expression)} characters, at most {_MAX_LENGTH}")
    source = expression.lstrip()
    if not source:
        # What `eval` says; `compile` counts the lines from 1.
        raise SyntaxError("invalid syntax (<string>, line 0)")
    try:
        tree = compile(source, "<string>", "eval", ast.PyCF_ONLY_AST)
    except (RecursionError, MemoryError):
        raise ToolFailure("Expression is nested too deeply") from None
    assert isinstance(tree, ast.Expression)
    return tree.body


def _value(node: ast.expr, depth: int) -> Any:
    """The value of a parsed expression: mostly a number, but `()` is a tuple as Python has it."""
    if depth > _MAX_DEPTH:
        raise ToolFailure("Expression is nested too deeply")
    # A chain leans to the left as deep as it is long: it is unrolled, not recursed into.
    rest: list[ast.BinOp] = []
    while isinstance(node, ast.BinOp):
        rest.append(node)
        node = node.left
    value = _operand(node, depth + 1)
    for step in reversed(rest):
        value = _applied(step.op, value, _value(step.right, depth + 1))
    return value


def _operand(node: ast.expr, depth: int) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.UnaryOp():
            return _UNARY[type(node.op)](_value(node.operand, depth))
        case ast.Tuple(elts=[]):
            return ()
        case ast.Call():
            called = _value(node.func, depth)
            for argument in node.args:
                _value(argument.value if isinstance(argument, ast.Starred) else argument, depth)
            raise TypeError(f"{type(called).__name__!r} object is not callable")
    raise ToolFailure("Invalid expression")


def _applied(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow):
        if isinstance(left, int) and isinstance(right, int) and abs(left) > 1:
            _bound(left.bit_length() * right)
        value = left**right
    else:
        value = _BINARY[type(op)](left, right)
    if isinstance(value, int):
        _bound(value.bit_length())
    return value


def _bound(bits: int) -> None:
    if bits > _MAX_BITS:
        # Python's text for a result of more than 1,024 bits, which all of these are.
        raise OverflowError("int too large to convert to float")
