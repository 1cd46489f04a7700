"""Published records as tasks that are run: the record is the gold in live, author and static mode alike."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from harness.agents.oracle import OracleAgent
from harness.core.event import ToolEvent
from harness.core.message import Party
from harness.core.mode import Mode
from harness.core.pack import Pack
from harness.core.record import Record
from harness.core.task import Call
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.import_shortcutsbench import import_shortcutsbench
from harness.packs.load import load_pack, open_pack
from harness.packs.statically import played_statically
from harness.runner.check_pack import check_pack
from harness.runner.gold import unsound
from simulators.scripted import ScriptedUser

URL = "https://www.icloud.com/shortcuts/"
PREFIX = "is.workflow.actions."
FIRE = "com.example.kiln.FireIntent"
DIE = "com.example.die.Unknown"


def act(name: str, **parameters: Any) -> dict[str, Any]:
    identifier = name if name.startswith("com.") else PREFIX + name
    return {"WFWorkflowActionIdentifier": identifier, "WFWorkflowActionParameters": parameters}


def output(uuid: str) -> dict[str, Any]:
    held = {"Type": "ActionOutput", "OutputUUID": uuid, "OutputName": "x"}
    return {"Value": held, "WFSerializationType": "WFTextTokenAttachment"}


def record(name: str, *actions: dict[str, Any], questions: list[Any] | None = None) -> dict[str, Any]:
    shortcut = {"WFWorkflowActions": list(actions), "WFWorkflowImportQuestions": questions or []}
    return {"URL": URL + name, "NameINStore": [name.title()], "DescriptionInStore": ["Does it."], "shortcut": shortcut}


RECORDS = [
    record(
        "asks",
        act("ask", WFAskActionPrompt="What is due?", UUID="A"),
        act("addnewreminder", WFCalendarItemTitle=output("A")),
    ),
    record(
        "imports",
        act("gettext", WFTextActionText="", UUID="T"),
        act("setclipboard", WFInput=output("T")),
        questions=[
            {"ActionIndex": 0, "ParameterKey": "WFTextActionText", "Category": "Parameter", "Text": "Your motto?"}
        ],
    ),
    record("fires", act(FIRE, degrees=900), act("notification", WFNotificationActionBody="Hot")),
    record("chance", act("number.random", UUID="N"), act("showresult", Text="rolled"), act("count", Input=output("N"))),
    record("idle", act("count", Input="nobody sees this")),
    record("stops", act("setclipboard", WFInput="x"), act(DIE)),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    names = {action["WFWorkflowActionIdentifier"] for one in RECORDS for action in one["shortcut"]["WFWorkflowActions"]}
    types: dict[str, dict[str, str]] = {name: {} for name in sorted(names - {DIE})}
    spare = {f"com.example.spare.Act{number}": "spare" for number in range(30)}
    infos = {name: f"{name}()\nDescription:\n    Does {name}." for name in {**types, **spare}}
    (folder / "shortcut_records.json").write_text(json.dumps(RECORDS))
    (folder / "all_api2paraname2paratype.json").write_text(json.dumps(types))
    (folder / "all_api2info.json").write_text(json.dumps(infos))
    return folder


@pytest.fixture
def pack(source: Path) -> Pack:
    import_shortcutsbench(source, source.parent / "live", executable=True, prove=unsound)
    return load_pack(source.parent / "live")


def played(pack: Pack, task: str, mode: Mode) -> Record:
    if mode is Mode.STATIC:
        pack = played_statically(pack)
    setting = Setting.of(pack, task, open_pack(pack), mode=mode)
    return asyncio.run(play(setting, OracleAgent(setting.task), ScriptedUser(setting.task))).record


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.AUTHOR, Mode.STATIC])
def test_the_gold_earns_everything_and_neither_nothing_nor_less_does(pack: Pack, mode: Mode) -> None:
    assert check_pack(str(pack.root), mode).problems == ()


def test_a_records_questions_become_the_users_private_facts(pack: Pack) -> None:
    assert set(pack.tasks) == {"asks", "imports", "fires", "chance"}
    for task, topic in (("asks", "What is due?"), ("imports", "Your motto?")):
        facts = pack.tasks[task].user.facts
        assert [fact.topic for fact in facts] == [topic]
        (step,) = pack.tasks[task].phases[0].reference or ()
        assert isinstance(step, Call)
        assert step.answers == (facts[0].answer,)
        assert topic in pack.tasks[task].user.instructions
        assert facts[0].answer not in (pack.tasks[task].phases[0].request or "")
    assert played(pack, "imports", Mode.AUTHOR).reward.value == 1.0


def test_what_makes_no_task_is_skipped_by_name(source: Path) -> None:
    notes = "\n".join(import_shortcutsbench(source, source.parent / "live", executable=True).notes)
    assert f"it stops at {DIE}: not_implemented: {URL}stops" in notes
    assert f"it changes and shows nothing that could be checked: {URL}idle" in notes


def test_a_stub_is_flagged_where_a_score_rests_on_it(pack: Pack) -> None:
    assert "stubs" in pack.tasks["fires"].tags
    assert "stubs" not in pack.tasks["asks"].tags
    (result,) = [
        event for event in played(pack, "fires", Mode.LIVE).events if isinstance(event, ToolEvent)
        if event.party is Party.AGENT
    ]  # fmt: skip
    assert json.loads(result.result.content)["only_recorded"] == [FIRE]


def test_every_published_record_is_run_or_skipped_by_name(shared_data: Path, tmp_path: Path) -> None:
    found = import_shortcutsbench(shared_data / "shortcutsbench", tmp_path / "live", executable=True, prove=unsound)
    assert found.tasks >= 30
    told = "\n".join(found.notes)
    records = json.loads((shared_data / "shortcutsbench" / "shortcut_records.json").read_text())
    pack = load_pack(tmp_path / "live")
    urls = {task.metadata["static"]["url"] for task in pack.tasks.values()}  # type: ignore[index, call-overload]
    assert {one["URL"] for one in records if one["shortcut"]} >= urls
    skipped = [one["URL"] for one in records if one["URL"] not in urls]
    assert len(skipped) + len(pack.tasks) == len(records)
    assert told.count("skipped") >= 1


def test_the_command_imports_runs_and_its_options_count_in_the_suites_hash(bench: Any, source: Path) -> None:
    done = bench("pack", "import", "shortcutsbench", source, "--executable", "--out", "packs/live")
    assert done.returncode == 0, done.stderr
    assert "live: 4 tasks in packs/live" in done.stdout
    hashes = set()
    for out, option in (("r", "apis=text"), ("s", "apis=schema"), ("t", "descriptions=corrected")):
        done = bench("run", "--agent", "oracle", "--suite", "packs/live", "--option", option, "--out", out)
        assert done.returncode == (2 if out == "t" else 0), done.stderr
        if out != "t":
            hashes.add(json.loads((source.parent / out / "run.json").read_text())["suite_hash"])
    # How APIs are described is part of what runs are compared by; without a list of defects none can be corrected.
    assert len(hashes) == 2
    assert "api_description_defects.json: no such file" in done.stderr
