"""Control flow and variables. The interpreter runs the blocks; their parameters are declared here."""

from __future__ import annotations

from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action, control_flow
from environments.shortcuts.running import EndShortcut, Run
from environments.shortcuts.values import NOTHING, Value, checked

_INPUT = Parameter("WFInput", ParameterType.ANY, "The value to use.", is_input=True)
_NAME = Parameter("WFVariableName", ParameterType.TEXT, "The variable's name.")
_MAKERS = 100
"""Actions that are remembered as having given a variable its items."""

control_flow(
    "conditional",
    "Runs the actions up to the else marker if the condition holds, those after it otherwise.",
    Parameter("WFInput", ParameterType.ANY, "What is tested.", is_input=True),
    Parameter(
        "WFCondition",
        ParameterType.NUMBER,
        "4 is, 5 is not, 0 less than, 1 at most, 2 greater than, 3 at least, 8 begins with, 9 ends with, "
        "99 contains, 999 does not contain, 100 has any value, 101 has no value, 1002 is today, 1003 between.",
    ),
    Parameter("WFConditionalActionString", ParameterType.TEXT, "The text to compare with."),
    Parameter("WFNumberValue", ParameterType.NUMBER, "The number to compare with."),
    Parameter("WFAnotherNumber", ParameterType.NUMBER, "The upper end of between."),
    Parameter("WFDate", ParameterType.DATE, "The date to compare with."),
    Parameter("WFAnotherDate", ParameterType.DATE, "The later end of between."),
    Parameter("WFBoundedNumber", ParameterType.NUMBER, "The number to compare with, where it has bounds."),
    Parameter("WFAnotherBoundedNumber", ParameterType.NUMBER, "The upper end of between, where it has bounds."),
    Parameter("WFEnumeration", ParameterType.TEXT, "The named value to compare with."),
    output="If Result",
)
control_flow(
    "choosefrommenu",
    "Asks the user for one of the menu's items and runs the actions after that item's marker.",
    Parameter("WFMenuPrompt", ParameterType.TEXT, "What the user is asked."),
    Parameter("WFMenuItems", ParameterType.ANY, "The items, on the marker that begins the menu."),
    Parameter("WFMenuItemTitle", ParameterType.TEXT, "Which item's actions follow, on a marker of mode 1."),
    output="Menu Result",
)
control_flow(
    "repeat.count",
    "Runs the block so many times; the variable Repeat Index counts from 1.",
    Parameter("WFRepeatCount", ParameterType.NUMBER, "How many times.", default=1),
    output="Repeat Results",
)
control_flow(
    "repeat.each",
    "Runs the block once for each item; the variables Repeat Item and Repeat Index say which "
    "(inside another loop: Repeat Item 2, Repeat Index 2, and so on).",
    Parameter("WFInput", ParameterType.ANY, "The items.", is_input=True),
    output="Repeat Results",
)


@action("comment", "Scripting", "Does nothing.", Parameter("WFCommentActionText", ParameterType.TEXT, "A remark."))
def comment(run: Run, given: Arguments) -> None:
    """Nothing happens."""


@action("nothing", "Scripting", "Gives nothing to the next action.", output="Nothing")
def nothing(run: Run, given: Arguments) -> Value:
    """The empty value."""
    return NOTHING


@action(
    "exit",
    "Scripting",
    "Ends the shortcut.",
    Parameter("WFResult", ParameterType.ANY, "The shortcut's output.", is_input=True),
)
def end_shortcut(run: Run, given: Arguments) -> None:
    """The shortcut ends here."""
    raise EndShortcut(given.value("WFResult"))


@action(
    "output",
    "Scripting",
    "Ends the shortcut with an output.",
    Parameter("WFOutput", ParameterType.ANY, "The shortcut's output.", is_input=True),
)
def stop_and_output(run: Run, given: Arguments) -> None:
    """The shortcut ends here, with an output."""
    raise EndShortcut(given.value("WFOutput"))


@action("setvariable", "Scripting", "Gives a variable a value; it needn't exist before.", _NAME, _INPUT)
def set_variable(run: Run, given: Arguments) -> None:
    """The variable now holds the value."""
    name = given.text("WFVariableName")
    run.frame.variables[name] = given.value("WFInput")
    run.frame.makers[f"${name}"] = run.makers_of("WFInput")


@action(
    "appendvariable",
    "Scripting",
    "Adds to a variable's list of items; it needn't exist before.",
    _NAME,
    _INPUT,
    output="Variable",
)
def append_variable(run: Run, given: Arguments) -> Value:
    """What was added; the variable holds it behind what it held."""
    name, added = given.text("WFVariableName"), given.value("WFInput")
    run.frame.variables[name] = checked(run.frame.variables.get(name, NOTHING) + added)
    run.frame.makers[f"${name}"] = (*run.frame.makers.get(f"${name}", ()), *run.makers_of("WFInput"))[:_MAKERS]
    return added


@action(
    "getvariable",
    "Scripting",
    "Gives a variable's or an earlier action's value to the next action.",
    Parameter("WFVariable", ParameterType.ANY, "A reference, such as ${name}.", is_input=True),
    output="Variable",
)
def get_variable(run: Run, given: Arguments) -> Value:
    """What the reference stands for."""
    return given.value("WFVariable")
