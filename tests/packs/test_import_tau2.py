"""τ²'s real files become a pack whose tasks can be solved; files that don't fit become one error."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from harness.checks.context import CheckContext
from harness.checks.reward import judge_phase
from harness.core.check import ActionCheck, CheckKind, ProbeCheck, Verdict
from harness.core.errors import InputError
from harness.core.event import MessageEvent
from harness.core.message import Message, Party, ToolCall
from harness.core.parsing import parse
from harness.core.task import Call, Say, Task
from harness.packs.import_tau2 import import_tau2
from harness.packs.load import load_pack, open_pack
from harness.packs.tau2_format import Tau2Task

DOMAINS = ("mock", "airline", "retail", "telecom")
IDS = (
    "create_task_1",
    "create_task_1_with_env_assertions",
    "create_task_1_nl_eval",
    "update_task_1",
    "update_task_with_message_history",
    "update_task_with_initialization_data",
    "update_task_with_initialization_actions",
    "update_task_with_history_and_env_assertions",
    "update_task_with_user_tools",
    "impossible_task_1",
)


@pytest.fixture(scope="session")
def tau2(shared_data: Path) -> Path:
    return shared_data / "tau2"


@pytest.fixture(scope="session")
def imported(tau2, tmp_path_factory):
    out = tmp_path_factory.mktemp("packs") / "tau2-mock"
    return import_tau2(tau2, out, "mock")[0], load_pack(out)


@pytest.fixture(scope="session")
def template(imported):
    return open_pack(imported[1])


async def never_asked(question: str) -> str:
    raise AssertionError(f"a service tool asked {question!r}")


def judged(template, task: Task, *, playing: bool):
    """The verdicts after the history and, if `playing`, the reference."""

    async def play():
        world = await template.create(task, 1)
        events = []
        steps = [(e.party, call) for e in task.history for call in e.message.tool_calls]
        for step in task.phases[0].reference if playing else ():
            if isinstance(step, Say):
                events.append(MessageEvent(party=Party.AGENT, to=Party.USER, message=Message(text=step.text)))
            elif isinstance(step, Call):
                steps.append((step.party, ToolCall(name=step.tool, arguments=step.arguments)))
        for party, call in steps:
            events.append(MessageEvent(party=party, to=Party.ENVIRONMENT, message=Message(tool_calls=(call,))))
            result = await world.call(party, call, never_asked)
            assert result.error is None, result.content
        return await judge_phase(CheckContext(task, 0, events, world, template, 1))

    return asyncio.run(play())


@pytest.mark.parametrize("name", IDS)
def test_the_reference_of_each_real_task_earns_the_reward_and_nothing_earns_none(imported, template, name):
    task = imported[1].tasks[name]
    assert judged(template, task, playing=True).value == 1.0
    # Upstream judges this one by its database and its words alone, and lists neither.
    assert judged(template, task, playing=False).value == (1.0 if name == "create_task_1_nl_eval" else 0.0)


def test_statements_are_never_passed_without_a_judge(imported, template):
    statements = 0
    for task in imported[1].tasks.values():
        assert CheckKind.STATEMENT not in task.phases[0].basis
        for check in judged(template, task, playing=True).checks:
            if check.kind is CheckKind.STATEMENT:
                assert check.verdict is Verdict.NOT_EVALUATED
                statements += 1
    assert statements == 12


def test_a_statement_in_the_basis_leaves_the_reward_undecided(tau2, tmp_path):
    source = copied(tau2, tmp_path)
    edit(
        source / "tasks.json", lambda tasks: tasks[0]["evaluation_criteria"].update(reward_basis=["DB", "NL_ASSERTION"])
    )
    [done] = import_tau2(tmp_path, tmp_path / "p", "mock")
    pack = load_pack(done.root)
    assert judged(open_pack(pack), pack.tasks["create_task_1"], playing=True).value is None
    assert any("a judge model is needed for the reward of 1 tasks: create_task_1" in note for note in done.notes)


def test_the_manifest_says_where_the_pack_comes_from(imported):
    done, pack = imported
    assert (done.pack, done.tasks, done.root) == ("tau2-mock", 10, pack.root)
    assert pack.manifest.license == "MIT"
    assert pack.manifest.source is not None
    assert "Sierra Research" in pack.manifest.source.attribution
    assert pack.manifest.splits == {"base": IDS}
    assert pack.manifest.protocol.greeting
    assert pack.policy.startswith("# Mock Domain Policy")


def test_importing_twice_gives_the_same_pack(imported, tau2, tmp_path):
    import_tau2(tau2, tmp_path / "tau2-mock", "mock")
    assert load_pack(tmp_path / "tau2-mock").hash == imported[1].hash


def test_every_part_of_upstreams_criteria_has_its_counterpart(imported):
    tasks = imported[1].tasks
    kinds = {name: [check.kind for check in task.phases[0].checks] for name, task in tasks.items()}
    assert kinds["create_task_1"] == ["state", "statement"]
    assert kinds["create_task_1_with_env_assertions"] == ["state", "probe", "statement"]
    assert kinds["create_task_1_nl_eval"] == ["statement", "statement"]
    assert kinds["update_task_with_initialization_data"] == ["state", "communicate", "communicate"]
    assert kinds["update_task_with_history_and_env_assertions"] == ["probe", "statement", "statement"]
    assert kinds["update_task_with_user_tools"] == ["state", "probe", "action", "statement"]
    assert tasks["update_task_1"].phases[0].reward_basis == (CheckKind.STATE, CheckKind.COMMUNICATE)
    (transfer,) = [c for c in tasks["impossible_task_1"].phases[0].checks if isinstance(c, ActionCheck)]
    assert (transfer.tool, transfer.compare) == ("transfer_to_human_agents", ())
    (update,) = [c for c in tasks["update_task_with_user_tools"].phases[0].checks if isinstance(c, ActionCheck)]
    assert update.compare is None
    (probe,) = [c for c in tasks["update_task_with_user_tools"].phases[0].checks if isinstance(c, ProbeCheck)]
    assert (probe.party, probe.name, probe.expected) == (Party.USER, "assert_notification_status", True)


def test_steps_that_upstreams_own_assertions_demand_are_added_and_told(imported):
    done, pack = imported
    steps = {
        name: [step.tool for step in task.phases[0].reference if isinstance(step, Call)]
        for name, task in pack.tasks.items()
    }
    assert steps["update_task_with_user_tools"] == ["update_task_status", "dismiss_notification"]
    assert steps["update_task_with_history_and_env_assertions"] == ["update_task_status"]
    assert steps["create_task_1_with_env_assertions"] == ["create_task"]
    told = [note.split(":")[0] for note in done.notes if "the reference got" in note]
    assert told == ["update_task_with_history_and_env_assertions", "update_task_with_user_tools"]


def test_scenario_history_and_start_are_carried_over(imported):
    tasks = imported[1].tasks
    history = tasks["update_task_with_message_history"].history
    assert [entry.party for entry in history] == [Party.USER, Party.AGENT, Party.AGENT]
    assert history[1].message.tool_calls[0].arguments["title"] == "Project Review"
    assert tasks["update_task_with_initialization_data"].setup["data"]["agent_data"]["tasks"]["task_2"]
    assert tasks["update_task_with_user_tools"].setup["actions"][0]["function"] == "add_notification"
    user = tasks["impossible_task_1"].user
    assert user.instructions == "You want to delete all your current tasks."
    assert tasks["impossible_task_1"].phases[0].request == "I want to delete all my current tasks."
    assert tasks["create_task_1"].ticket
    assert "dismiss_notification" not in tasks["update_task_with_user_tools"].phases[0].request


@pytest.mark.parametrize("place", ["domains/mock", "data/tau2/domains/mock", "tau2/domains/mock"])
def test_a_checkout_a_wheels_data_and_a_plain_folder_are_all_understood(tau2, tmp_path, place):
    shutil.copytree(tau2 / "domains" / "mock", tmp_path / "source" / place, copy_function=shutil.copyfile)
    assert import_tau2(tmp_path / "source", tmp_path / "p", "mock")[0].tasks == 10


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_strict_format_knows_every_field_of_the_real_data(tau2, domain):
    files = list((tau2 / "domains" / domain).glob("tasks*.json"))
    assert files
    for path in files:
        for data in json.loads(path.read_text(encoding="utf-8")):
            assert parse(Tau2Task, data, where=str(path)).id == data["id"]


def copied(tau2: Path, to: Path) -> Path:
    folder = to / "domains" / "mock"
    # Bytes alone: the originals are read-only.
    shutil.copytree(tau2 / "domains" / "mock", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    return folder


def edit(path: Path, change) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def set_at(*path):
    *way, key, value = path

    def change(data) -> None:
        for part in way:
            data = data[part]
        data[key] = value

    return change


CRITERIA = ("evaluation_criteria",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            set_at(0, "tickets", "x"),
            "tasks.json: task 'create_task_1': unknown key 'tickets' (at tickets), did you mean 'ticket'?",
        ),
        (set_at(0, *CRITERIA, "reward_basis", ["DBX"]), "field 'evaluation_criteria.reward_basis.0'"),
        (set_at(0, *CRITERIA, "actions", 0, "compare", []), "unknown key 'compare'"),
        (
            set_at(0, *CRITERIA, "actions", 0, "name", "make_task"),
            "task 'create_task_1': phases.0.reference.0.tool: unknown function 'make_task'",
        ),
        (
            set_at(0, *CRITERIA, "actions", 0, "arguments", {"user_id": 7, "title": "t"}),
            "phases.0.reference.0.arguments: create_task: field 'user_id': Input should be a valid string (got 7)",
        ),
        (set_at(1, *CRITERIA, "env_assertions", 0, "func_name", "assert_luck"), "unknown function 'assert_luck'"),
        (
            set_at(5, "initial_state", "initialization_data", "agent_data", {"jobs": {}}),
            "setup.data.agent_data: unknown key 'jobs'",
        ),
        (
            set_at(6, "initial_state", "initialization_actions", 0, "func_name", "undo"),
            "the agent side has no function 'undo'",
        ),
        (set_at(8, "user_tools", ["swim"]), "user.tools.0: the user has no such tool (got 'swim')"),
        (set_at(1, "id", "create_task_1"), "there are two tasks with this id"),
        (set_at(1, "id", "a/b"), "field 'id': String should match pattern"),
    ],
)
def test_a_task_that_does_not_fit_is_one_error_and_nothing_is_written(tau2, tmp_path, change, message):
    source = copied(tau2, tmp_path)
    edit(source / "tasks.json", change)
    (source / "split_tasks.json").unlink()
    refused(tmp_path, message)


@pytest.mark.parametrize("file", ["tasks.json", "db.json", "user_db.json", "split_tasks.json"])
def test_truncated_json_names_the_file(tau2, tmp_path, file):
    path = copied(tau2, tmp_path) / file
    path.write_bytes(path.read_bytes()[:-20])
    refused(tmp_path, file)


@pytest.mark.parametrize("file", ["tasks.json", "db.json", "policy.md"])
def test_a_missing_file_is_named(tau2, tmp_path, file):
    (copied(tau2, tmp_path) / file).unlink()
    refused(tmp_path, f"{file}: no such file")


def test_a_split_of_tasks_that_do_not_exist_is_refused(tau2, tmp_path):
    edit(copied(tau2, tmp_path) / "split_tasks.json", lambda splits: splits["base"].append("create_task_9"))
    refused(tmp_path, "split_tasks.json: split 'base': unknown task 'create_task_9'")


def test_only_the_named_split_is_imported(tau2, tmp_path):
    edit(copied(tau2, tmp_path) / "split_tasks.json", lambda splits: splits.update(one=["update_task_1"]))
    [done] = import_tau2(tmp_path, tmp_path / "p", "mock", split="one")
    assert done.tasks == 1
    assert load_pack(done.root).manifest.splits == {"base": ("update_task_1",), "one": ("update_task_1",)}
    refused(tmp_path, "unknown split of the τ² domain 'mock' 'two'", split="two")


def test_an_unknown_domain_names_those_that_there_are(tau2, tmp_path):
    with pytest.raises(InputError, match="airlin") as caught:
        import_tau2(tau2, tmp_path / "p", "airlin")
    assert "airline" in str(caught.value)


def test_a_folder_without_the_domain_says_where_it_was_looked_for(tmp_path):
    refused(tmp_path, "no τ² domain 'mock' lies there (looked for domains/mock, data/tau2/domains/mock")


def test_a_pack_that_is_there_is_not_overwritten(tau2, tmp_path):
    (tmp_path / "p").mkdir()
    with pytest.raises(InputError, match="exists already"):
        import_tau2(tau2, tmp_path / "p", "mock")
    assert list((tmp_path / "p").iterdir()) == []


def test_a_folder_name_that_is_no_pack_id_is_refused(tau2, tmp_path):
    with pytest.raises(InputError, match=r"field 'id'.*My Pack"):
        import_tau2(tau2, tmp_path / "My Pack", "mock")
    assert list(tmp_path.iterdir()) == []


def refused(source: Path, message: str, **options: str) -> None:
    before = sorted(source.rglob("*"))
    with pytest.raises(InputError) as caught:
        import_tau2(source, source / "out" / "p", "mock", **options)
    assert message in str(caught.value)
    assert sorted(source.rglob("*")) == before
