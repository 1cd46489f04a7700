"""Importing ShortcutsBench's static protocol, playing it, and scoring what was played."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from environments.shortcuts.published.actions import IDENTIFIER, PARAMETERS
from harness.agents.llm import LlmAgent
from harness.agents.oracle import OracleAgent
from harness.analysis.static_scores import replies_of
from harness.core.errors import ContextWindowExceeded, InputError
from harness.core.event import MessageEvent
from harness.core.message import Message, Party, Usage
from harness.core.pack import Pack
from harness.core.protocols import Agent, View
from harness.core.record import Record
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.recorded import rescore
from harness.engine.setting import Setting
from harness.models.client import Completion, Request
from harness.models.speaker import ToolProtocol
from harness.packs.import_shortcutsbench import CATEGORY_LABELS, QUERIES, TAGS, import_shortcutsbench
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

FIXTURES = Path(__file__).parents[1] / "parity" / "shortcutsbench_fixtures"
KILN, MENU = "own-kiln", "own-menu"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Records, definitions, and what upstream keeps for itself, of a few shortcuts of our own."""
    folder = tmp_path / "source"
    folder.mkdir()
    types = json.loads((FIXTURES / "all_api2paraname2paratype.json").read_text())
    records = json.loads((FIXTURES / "shortcut_records.json").read_text())
    for record in records:
        record["URL"] = record["URL"].replace("own://", "https://www.icloud.com/shortcuts/own-")
    infos = {name: f"{name}(…)\nDescription:\n    What {name.split('.')[-1]} does\n" for name in types}
    spare = [f"com.example.spare.Act{number}" for number in range(40)]
    infos |= dict.fromkeys(spare, "Act()\nDescription:\n    Act: Burns the toast.")
    defects = [{"identifier": name, "inherited_text": "Burns the toast."} for name in spare]
    shutil.copy(FIXTURES / "all_api2paraname2paratype.json", folder)
    write(folder / "shortcut_records.json", records)
    write(folder / "all_api2info.json", infos)
    write(folder / "api_description_defects.json", {"note": "", "entries": defects})
    return folder


def write(path: Path, data: object) -> None:
    path.write_text(json.dumps(data))


def edit(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    write(path, data)


def imported(source: Path, name: str = "sb", **options: Any) -> Pack:
    out = source.parent / name
    import_shortcutsbench(source, out, **options)
    return load_pack(out)


def played(pack: Pack, task: str, agent: Agent | None = None) -> Record:
    template = open_pack(pack)
    setting = Setting.of(pack, task, template, agent="test", simulator="scripted")
    chosen = agent or OracleAgent(setting.task)
    record = asyncio.run(play(setting, chosen, ScriptedUser(setting.task))).record
    again = asyncio.run(rescore(setting, record))
    assert again.differences == ()
    return record


def requests(record: Record) -> list[str]:
    said = [event for event in record.events if isinstance(event, MessageEvent)]
    return [event.message.text for event in said if event.party is Party.USER]


class Answers:
    """Says one thing after another, and keeps what it was shown."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.seen: list[list[str]] = []

    async def act(self, view: View) -> Message:
        self.seen.append([event.message.text for event in view.history if isinstance(event, MessageEvent)])
        answer = self.answers.pop(0) if self.answers else ""
        if isinstance(answer, Exception):
            raise answer
        return Message(text=answer)


def gold(pack: Pack, task: str) -> list[dict[str, Any]]:
    return [json.loads(step.text) for step in pack.tasks[task].phases[0].reference or () if step.type == "say"]


def test_each_scored_action_is_a_request_and_the_gold_earns_everything(source: Path) -> None:
    pack = imported(source)
    assert {KILN, MENU} <= set(pack.tasks)
    record = played(pack, KILN)
    assert record.reward.value == 1.0
    assert record.termination is Termination.USER_STOP
    assert [json.loads(reply)[IDENTIFIER].split(".")[-1] for reply in replies_of(record)] == [
        *("math", "FireIntent", "round", "round", "round", "notification", "WeaveIntent")
    ]


def test_doing_nothing_is_asked_to_the_end_and_earns_nothing(source: Path) -> None:
    pack = imported(source)
    record = played(pack, KILN, Answers())
    assert (record.reward.value, record.termination) == (0.0, Termination.USER_STOP)
    assert len(replies_of(record)) == 7


def test_a_request_shows_candidates_query_and_the_gold_before_it_and_nothing_else(source: Path) -> None:
    pack = imported(source)
    agent = Answers("{}", "so", "{}")
    record = played(pack, KILN, agent)
    assert all(len(seen) == 1 for seen in agent.seen)
    assert [seen[0] for seen in agent.seen] == requests(record)
    first, second = requests(record)[:2]
    candidates = pack.tasks[KILN].setup["candidates"]
    assert isinstance(candidates, list)
    numbered = [line.split(". ")[1] for line in first.splitlines() if line[:1].isdigit()]
    assert numbered == sorted(str(name) for name in candidates)
    assert "Kiln\nA shortcut called kiln" in first
    assert '"WFInputType": "Number"' in first
    assert "is.workflow.actions.comment" not in first
    assert '"WFControlFlowMode": "If Begin"' in second
    assert '"OutputName": "Dozens"' in second


def test_a_wrong_reference_or_parameter_is_a_near_miss_that_earns_nothing(source: Path) -> None:
    pack = imported(source)
    for index, change in (
        (0, lambda action: action[PARAMETERS].update(WFMathOperand=13)),
        (0, lambda action: action[PARAMETERS]["WFInput"]["Value"].update(OutputUUID="U9")),
        (5, lambda action: action[PARAMETERS]["WFInput"]["Value"].update(Type="Clipboard")),
        (6, lambda action: action.update({IDENTIFIER: "Finish"})),
    ):
        actions = gold(pack, KILN)
        change(actions[index])
        record = played(pack, KILN, Answers(*map(json.dumps, actions)))
        assert record.reward.value == 0.0, index
        wrong = [check.reason for check in record.reward.phases[0].checks if check.reason]
        assert wrong


def test_a_variable_may_be_named_by_the_output_that_it_holds(source: Path) -> None:
    pack = imported(source)
    actions = gold(pack, KILN)
    actions[6][PARAMETERS]["warp"] = {"Value": {"Type": "ActionOutput", "OutputUUID": "U1"}}
    assert played(pack, KILN, Answers(*map(json.dumps, actions))).reward.value == 1.0


def test_a_full_context_ends_the_shortcut_there(source: Path, bench: Any) -> None:
    pack = imported(source)
    replies = [json.dumps(action) for action in gold(pack, KILN)[:2]]
    record = played(pack, KILN, Answers(*replies, ContextWindowExceeded("full")))
    assert record.termination is Termination.CONTEXT_WINDOW_EXCEEDED
    assert len(replies_of(record)) == 2


class OneReply:
    """A model that says the same to whatever it is asked, and keeps what it was asked."""

    name = "one-reply"
    native_tools = False

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[Sequence[tuple[str, str]]] = []

    async def complete(self, request: Request) -> Completion:
        self.asked.append([(message.role, message.text) for message in request.messages])
        return Completion(self.text, (), Usage(calls=1))

    async def close(self) -> None: ...


def test_a_model_is_asked_afresh_each_time_and_a_reply_with_a_key_named_tool_is_no_call(source: Path) -> None:
    pack = imported(source)
    model = OneReply('{"tool": "hammer", "WFWorkflowActionIdentifier": "is.workflow.actions.round"}')
    record = played(pack, KILN, LlmAgent(model, ToolProtocol.AUTO))
    assert [[role for role, _ in asked] for asked in model.asked] == [["system", "user"]] * 7
    assert [asked[1][1] for asked in model.asked] == requests(record)
    assert {asked[0][1] for asked in model.asked} == {pack.policy}
    assert len(replies_of(record)) == 7


def test_candidates_come_from_the_seed_alone_and_hold_the_golds(source: Path) -> None:
    one, same, other = imported(source, "a"), imported(source, "b"), imported(source, "c", seed=1)
    for task in one.tasks:
        drawn = one.tasks[task].setup["candidates"]
        assert drawn == same.tasks[task].setup["candidates"]
        assert isinstance(drawn, list)
        assert {action[IDENTIFIER] for action in gold(one, task)} <= set(drawn)
        assert len(drawn) == len(set(drawn)) <= 20
        wanted = len({action[IDENTIFIER] for action in gold(one, task)})
        assert len(drawn) >= min(4 * wanted, 20)
    assert any(one.tasks[task].setup["candidates"] != other.tasks[task].setup["candidates"] for task in one.tasks)


def test_all_steps_asks_for_blocks_and_questions_too(source: Path) -> None:
    pack = imported(source, steps="all")
    record = played(pack, KILN)
    assert record.reward.value == 1.0
    asked = [json.loads(reply)[IDENTIFIER].split(".")[-1] for reply in replies_of(record)]
    assert asked[:3] == ["ask", "setvariable", "math"]
    assert len(asked) == 14


def test_descriptions_of_other_apis_are_shown_as_published_or_corrected(source: Path) -> None:
    published, right = imported(source, "p"), imported(source, "c", descriptions="corrected")
    assert published.hash != right.hash

    def shown(pack: Pack) -> str:
        return "".join(request for task in pack.tasks for request in requests(played(pack, task, Answers())))

    assert "Burns the toast." in shown(published)
    assert "Burns the toast." not in shown(right)
    assert "Act: com example spare Act" in shown(right)


def test_queries_tags_and_categories_are_used_where_they_are(source: Path) -> None:
    url = "https://www.icloud.com/shortcuts/own-kiln"
    write(source / QUERIES, {url: {"GeneratedQuery": {"shortcut_name": "K", "query": "Heat the kiln twelvefold."}}})
    write(source / CATEGORY_LABELS, {url: {"category": "Health & Fitness"}})
    essential = {
        "WFMathOperand": {"WFMathOperand": "Essential parameter"},
        "WFMathOperation": {"WFMathOperation": "Not essential parameter", "reason": "obvious"},
    }
    write(source / TAGS, {url: {"significant_paras": {"3": essential, "9": "nothing was said"}}})
    pack = imported(source)
    task = pack.tasks[KILN]
    assert task.setup["query"] == "Heat the kiln twelvefold."
    assert task.tags == ("level:3", "category:Health & Fitness")
    assert task.setup["tags"] == {
        "3": {"WFMathOperand": "Essential parameter", "WFMathOperation": "Not essential parameter"},
        "9": {},
    }
    actions = gold(pack, KILN)
    actions[0][PARAMETERS]["WFMathOperation"] = "+"
    assert played(pack, KILN, Answers(*map(json.dumps, actions))).reward.value == 1.0


def test_what_upstream_would_not_use_is_skipped_by_name(source: Path) -> None:
    def spoil(records: list[dict[str, Any]]) -> None:
        records[0]["shortcut"] = None
        records[1]["shortcut"]["WFWorkflowActions"][0][PARAMETERS].pop("GroupingIdentifier")
        records[2]["shortcut"]["WFWorkflowActions"] = []
        records[3].update(NameINStore=[None], DescriptionInStore=[])
        records[5]["shortcut"]["WFWorkflowActions"] = [7]

    edit(source / "shortcut_records.json", spoil)
    found = import_shortcutsbench(source, source.parent / "sb")
    notes = "\n".join(found.notes)
    assert found.tasks == 1
    for text in (
        "the record has no shortcut: https://www.icloud.com/shortcuts/own-kiln",
        "a marker of is.workflow.actions.choosefrommenu lacks GroupingIdentifier",
        "no action of it is asked for",
        "neither a query nor a name",
        "malformed: action 0: not an object",
        "longer than 30 actions",
    ):
        assert text in notes


@pytest.mark.parametrize(
    ("file", "change", "what"),
    [
        ("shortcut_records.json", lambda data: data.append(data[0]), "two records make the task 'own-kiln'"),
        ("shortcut_records.json", lambda data: data[1].pop("URL"), "field '1.URL'"),
        ("all_api2info.json", lambda data: data.update(x=1), "all_api2info.json"),
        ("all_api2paraname2paratype.json", lambda data: data.update(x=1), "all_api2paraname2paratype.json"),
    ],
)
def test_a_malformed_file_is_one_message_and_nothing_is_written(
    file: str, change: Callable[[Any], object], what: str, source: Path
) -> None:
    edit(source / file, change)
    with pytest.raises(InputError, match=what):
        import_shortcutsbench(source, source.parent / "sb")
    assert not (source.parent / "sb").exists()


def test_a_missing_file_is_named(source: Path) -> None:
    (source / "api_description_defects.json").unlink()
    with pytest.raises(InputError, match=r"api_description_defects\.json isn't there"):
        import_shortcutsbench(source, source.parent / "sb", descriptions="corrected")
    (source / "shortcut_records.json").unlink()
    with pytest.raises(InputError, match="no records in it"):
        import_shortcutsbench(source, source.parent / "sb")


def test_the_command_line_imports_plays_and_scores(bench: Any, source: Path, tmp_path: Path) -> None:
    done = bench("pack", "import", "shortcutsbench", source, "--out", "packs/sb", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert bench("pack", "check", "packs/sb").returncode == 0
    assert bench("run", "--agent", "oracle", "--suite", "packs/sb", "--out", "r").returncode == 0
    found = json.loads(bench("static", "r", "--json", "--log", "log.jsonl").stdout)
    for rules in ("compat", "full"):
        assert found[rules]["selection"]["share"] == 1.0
        assert found[rules]["outputs"]["share"] == 1.0
    assert found["full"]["outputs"]["total"] > found["compat"]["outputs"]["total"]
    assert (found["episodes"], found["broken"], found["cut_off"]) == (6, 0, 0)
    runs = [
        {"logs": read_log(tmp_path / "log.jsonl"), "essential": {}, "categories": {}, "expected": found["upstream"]}
    ]
    (tmp_path / "again").mkdir()
    write(tmp_path / "again" / "metric_parity_log.json", runs)
    again = json.loads(bench("parity", "shortcutsbench", "again", "--json").stdout)
    assert again["differences"] == []
    assert again["fixtures"] >= 40
    assert "API selection" in bench("static", "r").stdout


def read_log(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_only_static_runs_have_these_scores(bench: Any) -> None:
    assert bench("run", "--agent", "noop", "--suite", "shortcuts-daily:lite", "--out", "r").returncode == 0
    done = bench("static", "r")
    assert done.returncode == 2
    assert "isn't a static one" in done.stderr


def test_every_published_record_is_played_or_skipped_by_name(shared_data: Path, tmp_path: Path) -> None:
    found = import_shortcutsbench(shared_data / "shortcutsbench", tmp_path / "sb", descriptions="corrected")
    assert found.tasks == 41
    assert sum(note.startswith("skipped 1") for note in found.notes) == 2
    pack = load_pack(tmp_path / "sb")
    assert all(played(pack, task).reward.value == 1.0 for task in pack.tasks)
