"""Published values and scores of ShortcutsBench, against what our code makes of the same input.

A folder of fixtures holds any of `metric_parity_*.json` (simulated runs with expected scores, or lists of single
cases) and `shortcut_derived*.json` (by URL, what upstream derives from a record), with the records and API definitions
that the latter need. Files are told apart by what is in them. One comparison is one expected value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isclose, isnan
from pathlib import Path

from pydantic import JsonValue

from environments.shortcuts.published import metrics
from environments.shortcuts.published.actions import Definitions, Underivable, read_actions
from environments.shortcuts.published.derived import Deriving
from environments.shortcuts.published.equality import primitives_equal, reference_class, reference_mismatch
from environments.shortcuts.published.named_scores import scores
from environments.shortcuts.published.replies import Unparsable, parse_reply
from harness.core.errors import InputError
from harness.core.parsing import JsonObject
from harness.parity.shortcutsbench_files import (
    Cases,
    DerivedFile,
    ReferenceCase,
    Run,
    definitions_near,
    read_fixtures,
    records_near,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One expected value that ours isn't."""

    file: str
    case: str
    what: str
    expected: JsonValue
    got: JsonValue

    def as_json(self) -> JsonObject:
        """For `--json`."""
        return {"file": self.file, "case": self.case, "what": self.what, "expected": self.expected, "got": self.got}


@dataclass(slots=True)
class Comparison:
    """What was compared."""

    fixtures: int = 0
    """Expected values."""
    files: dict[str, int] = field(default_factory=dict)
    """The same by file."""
    differences: list[Difference] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)
    """Expected values of a name that we know no rule for."""

    def as_json(self) -> JsonObject:
        """For `--json`."""
        return {
            "fixtures": self.fixtures,
            "differences": [one.as_json() for one in self.differences],
            "files": dict(self.files),
            "not_compared": list(self.not_compared),
        }

    def compare(self, file: str, case: str, what: str, expected: JsonValue, got: JsonValue) -> None:
        """Count one expected value, and note it where ours is another."""
        self.fixtures += 1
        self.files[file] = self.files.get(file, 0) + 1
        if not same(expected, got):
            self.differences.append(Difference(file, case, what, expected, got))


def compare_folder(folder: Path, data: Path | None = None) -> Comparison:
    """Compare all fixtures of a folder.

    Args:
        folder: With the fixtures.
        data: Where records and definitions lie, if neither there nor beside it.

    Raises:
        InputError: there are no fixtures, one is malformed, or what it needs is missing.
    """
    found = Comparison()
    definitions: Definitions | None = None
    for path, content in read_fixtures(folder):
        match content:
            case Cases():
                _compare_cases(found, path.name, content)
            case DerivedFile():
                definitions = definitions or definitions_near(folder, data)
                _compare_derived(found, path, content, definitions, records_near(path, data))
            case _:
                for number, run in enumerate(content.root):
                    _compare_run(found, path.name, f"run {number}", run)
    return found


def same(expected: JsonValue, got: JsonValue) -> bool:
    """Equal as JSON: 1 and 1.0 are one number, `true` is none, NaN equals itself.

    Sums of floats may differ in the last bit.
    """
    match expected, got:
        case dict(), dict():
            return expected.keys() == got.keys() and all(same(value, got[name]) for name, value in expected.items())
        case list(), list():
            return len(expected) == len(got) and all(map(same, expected, got))
        case (bool(), _) | (_, bool()):
            return expected is got
        case int() | float(), int() | float():
            return expected == got or isclose(expected, got, rel_tol=1e-12) or (isnan(expected) and isnan(got))
    return expected == got


def _compare_cases(found: Comparison, file: str, cases: Cases) -> None:
    for number, equal in enumerate(cases.primitive):
        got: JsonValue = primitives_equal(equal.gold, equal.pred)
        found.compare(file, f"primitive {number}", "equal", equal.equal, got)
    for number, classed in enumerate(cases.classes):
        found.compare(file, f"classes {number}", "class", classed.class_, int(reference_class(classed.value)))
    for number, reference in enumerate(cases.references):
        _compare_reference(found, file, f"references {number}", reference)
    for number, reply in enumerate(cases.output_parsing):
        case = f"output_parsing {number}"
        try:
            parsed = parse_reply(reply.text)
        except Unparsable:
            found.compare(file, case, "ok", reply.ok, False)
            continue
        found.compare(file, case, "ok", reply.ok, True)
        if reply.ok and "parsed" in reply.model_fields_set:
            found.compare(file, case, "parsed", reply.parsed, parsed)


def _compare_reference(found: Comparison, file: str, case: str, reference: ReferenceCase) -> None:
    wrong = reference_mismatch(reference.gold, reference.pred)
    found.compare(file, case, "equal", reference.equal, wrong is None)
    if "reason" in reference.model_fields_set:
        found.compare(file, case, "reason", reference.reason, None if wrong is None else wrong.value)


def _compare_derived(
    found: Comparison, path: Path, derived: DerivedFile, definitions: Definitions, records: Mapping[str, JsonValue]
) -> None:
    for url, expected in derived.root.items():
        if url not in records:
            raise InputError(f"{path}: {url!r} has no record", hint="its shortcut belongs into shortcut_records.json")
        deriving = Deriving(read_actions(records[url], url), definitions)
        for what, value in _with_empty_index(expected).items():
            if what not in _DERIVED:
                found.not_compared.append(f"{path.name}: {url}: {what}")
                continue
            try:
                # As JSON: keys that are numbers become text, as in the file.
                got: JsonValue = json.loads(json.dumps(_DERIVED[what](deriving)))
            except Underivable as problem:
                got = None if value is None else f"({problem})"
            found.compare(path.name, url, what, value, got)


def _with_empty_index(expected: JsonObject) -> JsonObject:
    """Upstream has no entry for a shortcut without primitive parameters; ours is empty then."""
    return expected if "primitive_parameters" in expected else {**expected, "primitive_parameters": {}}


_DERIVED: Mapping[str, Callable[[Deriving], object]] = {
    "length": lambda deriving: deriving.length,
    "unique_apis": lambda deriving: deriving.unique_apis,
    "pos": lambda deriving: deriving.pos,
    "primitive_parameters": lambda deriving: deriving.primitive_parameters,
    "output_names": lambda deriving: deriving.output_names,
    "history": lambda deriving: deriving.history,
    "workflow_text": lambda deriving: deriving.workflow_text,
}


def _compare_run(found: Comparison, file: str, case: str, run: Run) -> None:
    categories = {url: label.category for url, label in run.categories.items()}
    tags: metrics.Tags = {url: one.significant_paras for url, one in run.essential.items()}
    ours = scores(run.logs, categories, tags)
    for metric, values in run.expected.items():
        for what, value in values.items():
            if what in ours.get(metric, {}):
                found.compare(file, case, f"{metric}.{what}", value, ours[metric][what])
            else:
                found.not_compared.append(f"{file}: {case}: {metric}.{what}")


def described(comparison: Comparison) -> Iterator[str]:
    """Lines for people."""
    equal = comparison.fixtures - len(comparison.differences)
    yield f"{comparison.fixtures:,} values compared: {equal:,} equal, {len(comparison.differences):,} differ"
    for name, count in comparison.files.items():
        yield f"  {name}: {count:,}"
    if comparison.not_compared:
        yield f"  not compared, for want of a rule: {', '.join(comparison.not_compared[:5])}"
