"""Text: split, combine, replace, match, change case."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from environments.shortcuts.coercion import coerced
from environments.shortcuts.matching import BadPattern, find_all, replace_all
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import MAX_SIZE, ItemKind, TooLarge, Value, checked_text

T = TypeVar("T")

_TEXT = Parameter("text", ParameterType.TEXT, "The text.", is_input=True, aliases=("WFInput",))
_CUSTOM = Parameter("WFTextCustomSeparator", ParameterType.TEXT, "The separator, where it is Custom.")
_SEPARATORS = {"New Lines": "\n", "Spaces": " "}


def _separator(default: str | None, *more: str) -> Parameter:
    choices = (*_SEPARATORS, "Custom", *more)
    return Parameter("WFTextSeparator", ParameterType.ENUM, "What is between the parts.", default, choices)


@action(
    "gettext",
    "Text",
    "Makes a text.",
    Parameter("WFTextActionText", ParameterType.TEXT, "The text; ${name} stands for an output or variable."),
    output="Text",
)
def get_text(run: Run, given: Arguments) -> Value:
    """The text, references filled in."""
    return (given.text("WFTextActionText"),)


@action(
    "detect.text",
    "Text",
    "Turns anything into text.",
    Parameter("WFInput", ParameterType.ANY, "The items.", is_input=True),
    output="Text",
)
def detect_text(run: Run, given: Arguments) -> Value:
    """Each item as a text."""
    return coerced(given.value("WFInput"), ItemKind.TEXT, run.clock)


@action(
    "text.split",
    "Text",
    "Splits a text into a list of parts.",
    _TEXT,
    _separator("New Lines", "Every Character"),
    _CUSTOM,
    output="Split Text",
)
def split(run: Run, given: Arguments) -> Value:
    """The parts, as written between the separators."""
    text, kind = given.text("text"), given.choice("WFTextSeparator")
    if kind == "Every Character":
        return tuple(text)
    separator = _SEPARATORS.get(kind) or given.text("WFTextCustomSeparator")
    if not separator or not text:
        return (text,) if text else ()
    return tuple(text.splitlines() if separator == "\n" else text.split(separator))


@action(
    "text.combine",
    "Text",
    "Joins the items of a list into one text.",
    Parameter("text", ParameterType.ANY, "The list.", is_input=True, aliases=("WFInput",)),
    _separator("New Lines"),
    _CUSTOM,
    output="Combined Text",
)
def combine(run: Run, given: Arguments) -> Value:
    """One text."""
    kind = given.choice("WFTextSeparator")
    separator = _SEPARATORS.get(kind) or given.text("WFTextCustomSeparator")
    parts = given.texts("text")
    _bound(sum(map(len, parts)) + len(separator) * len(parts))
    return (checked_text(separator.join(parts)),)


@action(
    "text.replace",
    "Text",
    "Replaces every occurrence of a text by another.",
    Parameter("WFReplaceTextFind", ParameterType.TEXT, "What to find."),
    Parameter("WFReplaceTextReplace", ParameterType.TEXT, "What to put there; $1 is the first group of a pattern."),
    Parameter("WFReplaceTextCaseSensitive", ParameterType.BOOLEAN, "Whether letter case counts.", True),
    Parameter("WFReplaceTextRegularExpression", ParameterType.BOOLEAN, "Whether it is a regular expression.", False),
    Parameter("WFInput", ParameterType.TEXT, "The text.", is_input=True),
    output="Updated Text",
)
def replace(run: Run, given: Arguments) -> Value:
    """The text with the replacements."""
    text, find, new = given.text("WFInput"), given.text("WFReplaceTextFind"), given.text("WFReplaceTextReplace")
    if not find:
        return (text,)
    exact = given.boolean("WFReplaceTextCaseSensitive")
    if given.boolean("WFReplaceTextRegularExpression"):
        matches = _matched(lambda: find_all(find, text, ignore_case=not exact))
        _bound(len(text) + len(matches) * len(new) + sum(map(len, matches)) * new.count("$"))
        return (checked_text(_matched(lambda: replace_all(find, new, text, ignore_case=not exact))),)
    pattern = re.compile(re.escape(find), 0 if exact else re.I)
    _bound(len(text) + len(pattern.findall(text)) * len(new))
    return (checked_text(pattern.sub(lambda _: new, text)),)


def _bound(length: int) -> None:
    """Refuse a text before it is built; the exact length is checked afterwards."""
    if length > 2 * MAX_SIZE:
        raise TooLarge(f"a text may have {MAX_SIZE} characters, no more")


@action(
    "text.match",
    "Text",
    "Finds every part of a text that matches a regular expression.",
    Parameter("WFMatchTextPattern", ParameterType.TEXT, "The regular expression.", "[0-9a-zA-Z]"),
    Parameter("WFMatchTextCaseSensitive", ParameterType.BOOLEAN, "Whether letter case counts.", True),
    _TEXT,
    output="Matches",
)
def match(run: Run, given: Arguments) -> Value:
    """The matches, in order."""
    pattern, text = given.text("WFMatchTextPattern"), given.text("text")
    exact = given.boolean("WFMatchTextCaseSensitive")
    return tuple(_matched(lambda: find_all(pattern, text, ignore_case=not exact)))


def _matched(work: Callable[[], T]) -> T:
    try:
        return work()
    except BadPattern as error:
        raise ActionError(RunErrorKind.BAD_PARAMETER, f"the regular expression can't be used: {error}") from None


_CASES: dict[str, Callable[[str], str]] = {
    "UPPERCASE": str.upper,
    "lowercase": str.lower,
    "Capitalize Every Word": lambda text: re.sub(r"(?<![\w'’])\w", lambda first: first[0].upper(), text.lower()),
    "Capitalize with Title Case": str.title,
    "Capitalize with sentence case": lambda text: text[:1].upper() + text[1:].lower(),
    "cApItAlIzE wItH aLtErNaTiNg cAsE": lambda text: "".join(
        letter.upper() if place % 2 else letter.lower() for place, letter in enumerate(text)
    ),
}


@action(
    "text.changecase",
    "Text",
    "Changes capitals and small letters.",
    _TEXT,
    Parameter("WFCaseType", ParameterType.ENUM, "Which.", "UPPERCASE", tuple(_CASES)),
    output="Updated Text",
)
def change_case(run: Run, given: Arguments) -> Value:
    """The text in the other case."""
    return (checked_text(_CASES[given.choice("WFCaseType")](given.text("text"))),)
