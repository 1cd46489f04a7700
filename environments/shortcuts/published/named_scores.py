"""The four metrics of a log under the names that the fixtures give the results of upstream's scorers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from environments.shortcuts.published import metrics
from environments.shortcuts.published.actions import Underivable
from environments.shortcuts.published.equality import Mismatch
from environments.shortcuts.published.logs import LogLine, Step, steps_of
from environments.shortcuts.published.metrics import Levelled, Selection, Tags, Tally
from harness.core.errors import InputError
from harness.core.parsing import JsonObject


def scores(logs: Iterable[LogLine], categories: Mapping[str, str], tags: Tags) -> dict[str, JsonObject]:
    """All results of upstream's four scorers.

    Raises:
        InputError: a log's gold is no shortcut.
    """
    steps = [step for line in logs for step in _steps(line)]
    filled = metrics.primitive_filling(steps, tags)
    outputs = metrics.output_filling(steps)
    inputs = metrics.input_recognition(steps)
    return {
        "api_selection": _selection(metrics.selection(steps, categories)),
        "primitive_fill": _filling(filled),
        "output_fill": _filling(outputs.result)
        | {
            "missing_by_level": list(outputs.missing),
            "format_error_by_level": list(outputs.mismatches[Mismatch.FORMAT]),
            "value_error_by_level": list(outputs.mismatches[Mismatch.VALUE]),
        },
        "input_recognition": _inputs(inputs),
    }


def _steps(line: LogLine) -> list[Step]:
    try:
        return list(steps_of(line))
    except Underivable as problem:
        raise InputError(f"{line.URL}: aseqs: {problem}") from None


def _selection(found: Selection) -> JsonObject:
    named: JsonObject = {
        "correct_num": found.result.overall.correct,
        "all_num": found.result.overall.total,
        "correct_num_list": _correct(found.result.by_level),
        "all_num_list": _total(found.result.by_level),
        "categories_correct_num": _correct(found.by_category),
        "categories_all_num": _total(found.by_category),
        "correct_num_api_nums": _correct(found.by_candidates),
        "all_num_api_nums": _total(found.by_candidates),
        "hall_numerator": list(found.invented),
        "percentage_numerator": list(found.places),
        "percentage_denominator": [tally.total - tally.correct for tally in found.by_candidates],
    }
    # Level 1 has one place only, and upstream has no table for it.
    for level, places in list(enumerate(found.by_position, 1))[1:]:
        named[f"correct_num_every_len_level{level}"] = {
            str(place): tally.correct for place, tally in places.items() if tally.correct
        }
        named[f"all_num_every_len_level{level}"] = {str(place): tally.total for place, tally in places.items()}
    return named


def _filling(found: Levelled) -> JsonObject:
    return {
        "correct": found.overall.correct,
        "all": found.overall.total,
        "correct_by_level": _correct(found.by_level),
        "all_by_level": _total(found.by_level),
    }


def _inputs(found: metrics.Inputs) -> JsonObject:
    named: JsonObject = {
        "system_para_correct_num": found.result.overall.correct,
        "system_para_all_num": found.result.overall.total,
        "system_para_correct_num_list": _correct(found.result.by_level),
        "system_para_all_num_list": _total(found.result.by_level),
    }
    for kind, tally in found.by_class.items():
        name = _CLASS_NAMES[kind]
        named |= {f"{name}_num": tally.total, f"{name}_correct": tally.correct}
    return named


_CLASS_NAMES = {kind: kind.name.title().replace("_", "") for kind in metrics.SYSTEM}
"""`ReferenceClass.EXTENSION_INPUT` is upstream's `ExtensionInput`."""


def _correct(tallies: Sequence[Tally]) -> list[JsonValue]:
    return [tally.correct for tally in tallies]


def _total(tallies: Sequence[Tally]) -> list[JsonValue]:
    return [tally.total for tally in tallies]
