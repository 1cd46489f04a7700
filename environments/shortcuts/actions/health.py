"""Measurements and workouts."""

from __future__ import annotations

from datetime import timedelta

from environments.shortcuts.actions.finding import finder
from environments.shortcuts.coercion import first_number
from environments.shortcuts.records import HealthSample
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Quantity, Value

finder(
    "filter.health.quantity",
    "Health",
    "Finds health samples; properties: Type, Value, Unit, Start Date, End Date, Source.",
    "Health Samples",
    lambda device: device.table(HealthSample),
    Parameter("WFHKSampleFilteringUnit", ParameterType.TEXT, "In which unit; samples keep their own."),
    Parameter("WFHKSampleFilteringGroupBy", ParameterType.TEXT, "By what samples are added up; here they aren't."),
    Parameter("WFHKSampleFilteringFillMissing", ParameterType.BOOLEAN, "Whether gaps are filled with 0.", False),
)


@action(
    "health.quantity.log",
    "Health",
    "Notes a measurement.",
    Parameter("WFQuantitySampleType", ParameterType.TEXT, "Of what, such as Weight."),
    Parameter("WFQuantitySampleQuantity", ParameterType.QUANTITY, "How much: a quantity or a number."),
    Parameter("WFQuantitySampleAdditionalQuantity", ParameterType.QUANTITY, "A second value."),
    Parameter("WFQuantitySampleDate", ParameterType.DATE, "When, if not now."),
    Parameter("WFSampleEndDate", ParameterType.DATE, "Until when."),
    output="Health Sample",
    writes=True,
    personal=True,
)
def log(run: Run, given: Arguments) -> Value:
    """The sample."""
    kind = given.text("WFQuantitySampleType").strip()
    if not kind:
        raise given.problem("WFQuantitySampleType", "must say what was measured")
    amount = quantity(given, "WFQuantitySampleQuantity")
    start = given.date("WFQuantitySampleDate") if given.given("WFQuantitySampleDate") else run.clock.now
    end = given.date("WFSampleEndDate") if given.given("WFSampleEndDate") else None
    return (run.world.add(HealthSample("", kind, float(amount.magnitude), amount.unit, start, end, "Shortcuts")),)


def quantity(given: Arguments, name: str) -> Quantity:
    """A quantity, a number, or a text such as `68.4 kg`.

    Raises:
        ActionError: it is none of these.
    """
    match given.value(name)[:1]:
        case (Quantity() as found,):
            return found
        case (str() as text,) if (amount := first_number(text)) is not None:
            return Quantity(amount, text.split()[-1].lstrip("0123456789.,-"))
    return Quantity(given.number(name), "")


@action(
    "health.workout.log",
    "Health",
    "Notes a workout.",
    Parameter("WFWorkoutReadableActivityType", ParameterType.TEXT, "Which, such as Running.", "Other"),
    Parameter("WFWorkoutDate", ParameterType.DATE, "When it began; it ended now if left out."),
    Parameter("WFWorkoutDuration", ParameterType.QUANTITY, 'How long, as {"Magnitude": 30, "Unit": "min"}.'),
    Parameter("WFWorkoutCaloriesQuantity", ParameterType.QUANTITY, "Calories that were burnt."),
    Parameter("WFWorkoutDistanceQuantity", ParameterType.QUANTITY, "How far."),
    output="Workout",
    writes=True,
    personal=True,
)
def workout(run: Run, given: Arguments) -> Value:
    """The workout as a sample of its minutes."""
    length = quantity(given, "WFWorkoutDuration")
    factor = {"sec": 1 / 60, "min": 1.0, "hr": 60.0}.get(length.unit.casefold(), 1.0)
    minutes = min(max(float(length.magnitude) * factor, 0.0), 100_000.0)
    span = timedelta(minutes=minutes)
    start = given.date("WFWorkoutDate") if given.given("WFWorkoutDate") else run.clock.now - span
    activity = given.text("WFWorkoutReadableActivityType").strip() or "Other"
    sample = HealthSample("", "Workout", round(minutes, 2), "min", start, start + span, "Shortcuts", activity)
    return (run.world.add(sample),)
