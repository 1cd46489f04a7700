"""ShortcutsBench's records into a static pack: a task a shortcut, every scored action of it asked for.

Reads files of upstream's names and shapes; its queries, tags and categories, which it doesn't publish in git, are used
where they lie there too. Candidates are drawn here, by our seed, so that every model is shown the same ones and the
pack's hash covers them. What upstream would not use, or its functions break on, is skipped by name.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, RootModel

from environments import load_template
from environments.shortcuts.definitions import Definition, read_definitions_of
from environments.shortcuts.published.actions import Action, Types, Underivable, level_of, read_actions
from environments.shortcuts.published.files import (
    DEFECTS,
    INFOS,
    SUMMARIES,
    TYPES,
    Record,
    read_infos,
    read_records,
    read_types,
)
from environments.shortcuts.published.history import history
from environments.shortcuts.published.lengths import length
from environments.shortcuts.published.metrics import CATEGORIES
from environments.shortcuts.published.parameters import output_names
from environments.shortcuts.static import PROBES, RELAY
from environments.shortcuts.static_task import Steps, draw_candidates, is_asked
from harness.core.check import CheckSpec, ProbeCheck
from harness.core.errors import InputError
from harness.core.identity import role_random
from harness.core.pack import Pack, PackManifest
from harness.core.parsing import JsonObject, Model, parse, parse_json, read_text
from harness.core.task import Phase, Say, Task
from harness.packs.find import MANIFEST
from harness.packs.imported import Imported
from harness.packs.shortcutsbench_live import DEVICE, Unplayable, device_file, playable, static_data
from harness.packs.shortcutsbench_policy import POLICY
from harness.packs.write import manifest_toml, refuse_existing, writing_pack

RECORDS = (
    "shortcut_records.json",
    "1_final_detailed_records_filter_apis_leq_30.json",
    "1_final_detailed_records_filter_apis.json",
)
QUERIES = "generated_success_queries.json"
CATEGORY_LABELS = "generated_success_categories.json"
TAGS = "json-gpt-3.5-turbo_check_intersection_of_query_and_para_necessary.json"
_URL = "https://github.com/EachSheep/ShortcutsBench"
_DIFFICULTIES = ("easy", "medium", "hard", "hard")
_LONGEST_ID = 100
_SHOWN = 3
_LIVE_POLICY = Path(__file__).parent / "starters" / "shortcuts" / "policy.md"
M = TypeVar("M", bound=BaseModel)
Prove = Callable[[Pack], Mapping[str, str]]
"""Tasks of a pack whose reference doesn't hold, by id, with the reason."""


class _Query(Model, extra="ignore"):
    query: str


class _Generated(Model, extra="ignore"):
    GeneratedQuery: _Query


class _Label(Model, extra="ignore"):
    category: str


class _Tagged(Model, extra="ignore"):
    significant_paras: JsonObject


class _Queries(RootModel[dict[str, _Generated]]):
    pass


class _Labels(RootModel[dict[str, _Label]]):
    pass


class _Tags(RootModel[dict[str, _Tagged]]):
    pass


class _Unusable(Exception):
    """Why upstream wouldn't use a record."""


def import_shortcutsbench(
    source: Path,
    out: Path | None = None,
    *,
    seed: int = 0,
    steps: Steps = "scored",
    descriptions: str = "published",
    executable: bool = False,
    prove: Prove | None = None,
) -> Imported:
    """Write a pack from the files under `source`.

    Args:
        source: The folder with records and API definitions.
        out: The pack's folder, which must not exist; its name is the pack's id. `None`: `packs/shortcutsbench`.
        seed: Of the candidates.
        steps: Which actions are asked for.
        descriptions: `published`, or `corrected` where a description belongs to another API.
        executable: Whether tasks are run (modes live and author, and static from the same file) and not only predicted.
        prove: Looks at an executable pack; the tasks that it names are excluded.

    Raises:
        InputError: names the file, the record, the field and the value that can't be used.
    """
    out = out or Path("packs") / ("shortcutsbench-live" if executable else "shortcutsbench")
    refuse_existing(out)
    importer = _Importer.read(source, seed, steps)
    path = _records_file(source)
    tasks: dict[str, Task] = {}
    skipped: dict[str, list[str]] = {}
    for record in read_records(path):
        try:
            task = importer.convert(record)
            if executable:
                task = playable(record, task, importer.definitions)
        except (_Unusable, Unplayable) as problem:
            skipped.setdefault(str(problem), []).append(record.url)
            continue
        if task.id in tasks:
            raise InputError(f"{path}: two records make the task {task.id!r}: {record.url!r} is one of them")
        tasks[task.id] = task
    if not tasks:
        raise InputError(f"{path}: no record in it can be used", hint="; ".join(sorted(skipped)))
    if descriptions == "corrected" and not (source / DEFECTS).is_file():
        raise InputError(f"{source}: {DEFECTS} isn't there", hint="without it no description can be corrected")
    special = _live(descriptions) if executable else _static(steps, descriptions)
    manifest = _manifest(out.resolve().name, list(tasks.values()), special)
    policy = read_text(_LIVE_POLICY) if executable else POLICY
    unsound: Mapping[str, str] = {}
    with writing_pack(out, manifest, policy, list(tasks.values()), file="shortcuts.jsonl") as folder:
        for name in (INFOS, TYPES, SUMMARIES, DEFECTS):
            if (source / name).is_file():
                shutil.copyfile(source / name, folder / "data" / name)
        if executable:
            shutil.copyfile(device_file(), folder / "data" / DEVICE)
        pack = Pack(folder, manifest, policy, tasks, {}, "")
        _validate(pack, path)
        if executable and prove is not None:
            unsound = prove(pack)
            manifest = manifest.model_copy(update={"excluded": {**unsound}})
            (folder / MANIFEST).write_text(manifest_toml(manifest), encoding="utf-8")
    notes = (*importer.notes(tasks.values(), skipped), *(f"excluded {name}: {why}" for name, why in unsound.items()))
    return Imported(manifest.id, out, len(tasks) - len(unsound), notes)


@dataclass(frozen=True, slots=True)
class _Importer:
    """What records are joined with."""

    infos: Mapping[str, str]
    types: Types
    queries: Mapping[str, _Generated]
    labels: Mapping[str, _Label]
    tags: Mapping[str, _Tagged] | None
    seed: int
    steps: Steps
    definitions: Mapping[str, Definition]

    @classmethod
    def read(cls, source: Path, seed: int, steps: Steps) -> _Importer:
        queries = _optional(_Queries, source / QUERIES)
        labels = _optional(_Labels, source / CATEGORY_LABELS)
        tags = _optional(_Tags, source / TAGS)
        infos, types = read_infos(source / INFOS), read_types(source / TYPES)
        return cls(
            infos,
            types,
            queries.root if queries else {},
            labels.root if labels else {},
            tags.root if tags else None,
            seed,
            steps,
            read_definitions_of(types, infos),
        )

    def convert(self, record: Record) -> Task:
        """A record as a task.

        Raises:
            _Unusable: upstream wouldn't use it.
        """
        actions, level = self._usable(record)
        category = self._category(record)
        setup: JsonObject = {
            "url": record.url,
            "query": self._query(record),
            "actions": [action.as_json() for action in actions],
            "candidates": [*draw_candidates(actions, list(self.infos), self.steps, role_random(self.seed, record.url))],
            "category": category,
        }
        if self.tags is not None:
            setup["tags"] = _plain_tags(self.tags[record.url]) if record.url in self.tags else {}
        asked = [action for action in actions if is_asked(action, self.steps)]
        reference = tuple(Say(text=json.dumps(action.as_json(), ensure_ascii=False)) for action in asked)
        checks: tuple[CheckSpec, ...] = tuple(ProbeCheck(name=name, expected=[]) for name in PROBES)
        return Task(
            id=_task_id(record.url),
            tags=(f"level:{level + 1}", *([f"category:{category}"] if category else [])),
            difficulty=_DIFFICULTIES[level],
            setup=setup,
            phases=(Phase(reference=reference, checks=checks),),
            metadata={"licence": record.licence} if record.licence else {},
        )

    def _usable(self, record: Record) -> tuple[tuple[Action, ...], int]:
        if record.shortcut is None:
            raise _Unusable("the record has no shortcut")
        try:
            actions = read_actions(record.shortcut.actions, record.url)
            level = level_of(length(actions))
            history(actions, output_names(actions, self.types))
        except InputError as problem:
            raise _Unusable(f"malformed: {problem.message.removeprefix(f'{record.url}: ')}") from None
        except Underivable as problem:
            raise _Unusable(f"upstream can't read it either: {problem}") from None
        if level is None:
            raise _Unusable("longer than 30 actions")
        if not any(is_asked(action, self.steps) for action in actions):
            raise _Unusable("no action of it is asked for")
        return actions, level

    def _query(self, record: Record) -> str:
        if record.url in self.queries:
            return self.queries[record.url].GeneratedQuery.query
        words = [*record.names[:1], *record.descriptions[:1]]
        given = [text.strip() for text in words if text and text.strip()]
        if not given:
            raise _Unusable("it has neither a query nor a name")
        return "\n".join(given)

    def _category(self, record: Record) -> str:
        if record.url in self.labels:
            return self.labels[record.url].category
        return next((label for label in record.categories[:1] if label in CATEGORIES), None) or ""

    def notes(self, tasks: Iterable[Task], skipped: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """What was skipped, and what stands in for what upstream doesn't publish."""
        urls = [str(static_data(task)["url"]) for task in tasks]
        if bare := sum(url not in self.queries for url in urls):
            yield f"{bare} of {len(urls)} tasks have no query in {QUERIES}: name and description of the store stand in"
        if self.tags is None:
            yield f"{TAGS} isn't there: `full` counts all primitive parameters, not only essential ones"
        for reason, which in sorted(skipped.items()):
            more = f" and {len(which) - _SHOWN} more" if len(which) > _SHOWN else ""
            yield f"skipped {len(which)}: {reason}: {', '.join(which[:_SHOWN])}{more}"


def _optional(model: type[M], path: Path) -> M | None:
    return parse_json(model, read_text(path), where=str(path)) if path.is_file() else None


def _plain_tags(tagged: _Tagged) -> JsonObject:
    """By action index, by parameter, the tag: upstream has it under the parameter's name in the parameter's entry."""
    found: JsonObject = {}
    for index, parameters in tagged.significant_paras.items():
        entries = parameters.items() if isinstance(parameters, dict) else ()
        tags = {name: entry.get(name) for name, entry in entries if isinstance(entry, dict)}
        found[index] = {name: tag for name, tag in tags.items() if isinstance(tag, str)}
    return found


def _records_file(source: Path) -> Path:
    found = next((source / name for name in RECORDS if (source / name).is_file()), None)
    if found is None:
        raise InputError(f"{source}: no records in it", hint=f"wanted: {' or '.join(RECORDS)}")
    return found


def _task_id(url: str) -> str:
    """The URL in words: what follows the scheme, without the parts that all iCloud links share."""
    path = url.partition("://")[2].removeprefix("www.icloud.com/shortcuts/").removeprefix("github.com/")
    return re.sub(r"[^A-Za-z0-9]+", "-", path or url).strip("-")[-_LONGEST_ID:] or "shortcut"


def _static(steps: Steps, descriptions: str) -> JsonObject:
    """What only the manifest of a static pack has."""
    return {
        "title": "ShortcutsBench, static: the next action of real shortcuts",
        "description": "Imported: teacher-forced prediction of each action, with candidates drawn by a seed.",
        "protocol": {"relay": RELAY},
        "limits": {"max_turns": 10_000, "max_steps": 20_000, "timeout_s": 7200.0},
        "options": {"protocol": "static", "steps": steps, "descriptions": descriptions},
    }


def _live(descriptions: str) -> JsonObject:
    """What only the manifest of an executable pack has."""
    return {
        "title": "ShortcutsBench, executed: real shortcuts made again",
        "description": "Imported: what a real shortcut does on a furnished phone, by whatever actions.",
        "options": {
            "device": f"data/{DEVICE}",
            "definitions": "data",
            "descriptions": descriptions,
            "missing": "skipped",
        },
    }


def _manifest(pack: str, tasks: Sequence[Task], special: JsonObject) -> PackManifest:
    levels = Counter(tag for task in tasks for tag in task.tags if tag.startswith("level:"))
    data: JsonObject = {
        "id": pack,
        "version": "1.0.0",
        "environment": "shortcuts",
        "license": "Apache-2.0",
        # Made from the source's name alone, so that importing twice gives the same pack.
        "canary": f"PARLEY-CANARY-{uuid.uuid5(uuid.NAMESPACE_URL, _URL)}",
        "publish": "sealed",
        "splits": {
            "base": [task.id for task in tasks],
            **{level.replace(":", "-"): [task.id for task in tasks if level in task.tags] for level in sorted(levels)},
        },
        "source": {
            "name": "ShortcutsBench",
            "url": _URL,
            "attribution": "EachSheep et al., Apache-2.0; Shen et al., ShortcutsBench, arXiv 2407.00132. The terms of "
            "the shortcut sites apply too; a task's metadata has the licence of its shortcut where it is known.",
        },
        **special,
    }
    return parse(PackManifest, data, where=f"the pack {pack!r} (its id is the folder's name)")


def _validate(pack: Pack, path: Path) -> None:
    template = load_template(pack)
    try:
        for task in pack.tasks.values():
            if problems := template.validate(task):
                raise InputError(f"{path}: task {task.id!r}: {'; '.join(problems)}")
    finally:
        template.close()
