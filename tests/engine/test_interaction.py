"""c-Interact and a-Interact on a real database: budgets, what happens when they are used up, tries and points."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kite_pack import RIGHT, Acts, kite_pack, opened, played, setting

from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.core.errors import InputError
from harness.core.event import MessageEvent, PhaseEvent, ToolEvent
from harness.core.interaction import Interaction, Rules, interaction_of
from harness.core.limits import Limits
from harness.core.message import Message, Party, Stop, ToolCall, ToolErrorKind
from harness.core.mode import Mode
from harness.core.parsing import parse
from harness.core.protocols import Template, View
from harness.core.record import Record
from harness.core.task import Task
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.recorded import rescore
from simulators.scripted import ScriptedUser

DONE, BROKE, LEFT = Termination.SUBMITTED, Termination.BUDGET_EXHAUSTED, Termination.AGENT_STOP
PATIENCE = (0, 3, 5, 7)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kites")


@pytest.fixture(scope="module")
def template(root: Path) -> Iterator[Template]:
    with opened(root) as one:
        yield one


def told(record: Record) -> list[str]:
    """The notes that the agent was given, alone or at the end of a result, and refusals."""
    lines = []
    for event in record.events:
        if isinstance(event, MessageEvent) and event.party is Party.ENVIRONMENT:
            lines.append(event.message.text)
        elif isinstance(event, ToolEvent) and "\n\n[budget: " in event.result.content:
            lines.append(event.result.content.splitlines()[-1])
    return lines


@dataclass(frozen=True)
class Case:
    """What an agent with 6 points (m = 0, patience 0) does, and what comes of it under each of the rules."""

    acts: str
    paper: tuple[Termination, float]
    legacy: tuple[Termination, float]
    adk: tuple[Termination, float]


A_CASES = [
    # An agent that keeps to its budget, and one that spends it to the last point with its follow-up's SQL.
    Case("right1 right2", (DONE, 1.0), (DONE, 1.0), (DONE, 1.0)),
    # The phase-1 submission takes the last point: legacy and adk never ask the follow-up (the documented trap).
    Case("get_schema get_schema get_schema right1 right2", (DONE, 1.0), (DONE, 0.7), (DONE, 0.7)),
    Case("get_schema get_schema get_schema right1 wrong right2", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    # One point is left over: nobody ends there.
    Case("get_schema get_schema right1 right2", (DONE, 1.0), (DONE, 1.0), (DONE, 1.0)),
    # A submission that can't be paid for is taken, and is the last, right or wrong.
    Case("get_schema get_schema get_schema get_schema right1 right2", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    Case("get_schema get_schema get_schema get_schema wrong right1", (DONE, 0.0), (DONE, 0.0), (DONE, 0.0)),
    # Nothing is left, and something else than a submission follows.
    Case("ask ask ask right1 right2", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    Case("ask ask ask get_schema right1", (DONE, 0.7), (BROKE, 0.0), (DONE, 0.7)),
    Case("ask ask ask ask right1", (DONE, 0.7), (BROKE, 0.0), (DONE, 0.7)),
    Case("ask ask ask ask get_schema right1", (BROKE, 0.0), (BROKE, 0.0), (DONE, 0.7)),
    # One point is left and a question costs two: legacy lends it.
    Case("ask ask get_schema ask right1", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    Case("ask ask get_schema ask ask right1", (BROKE, 0.0), (BROKE, 0.0), (DONE, 0.7)),
    Case("ask ask get_schema ask get_schema right1", (DONE, 0.7), (BROKE, 0.0), (DONE, 0.7)),
    # Wrong submissions cost points and nothing else; the second takes the last.
    Case("wrong right1", (LEFT, 0.7), (DONE, 0.7), (DONE, 0.7)),
    Case("wrong right1 right2", (DONE, 1.0), (DONE, 0.7), (DONE, 0.7)),
    Case("wrong wrong right1", (DONE, 0.7), (DONE, 0.0), (DONE, 0.0)),
    Case("broken right1 wrong right2", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    # A last submission whose arguments are wrong hands nothing in.
    Case("ask ask ask submit_sql right1", (BROKE, 0.0), (BROKE, 0.0), (BROKE, 0.0)),
    # A farewell ends the episode whatever is left.
    Case("right1 bye", (LEFT, 0.7), (LEFT, 0.7), (LEFT, 0.7)),
]


@pytest.mark.parametrize("rules", Rules)
@pytest.mark.parametrize("case", A_CASES, ids=lambda case: case.acts)
def test_what_happens_when_the_points_are_used_up(template: Template, root: Path, case: Case, rules: Rules) -> None:
    one = setting(template, root, Mode.A_INTERACT, rules=rules.value, patience=0)
    record, _ = played(one, case.acts.split())
    assert (record.termination, record.reward.value) == getattr(case, rules.value)
    assert asyncio.run(rescore(one, record)).differences == ()


@dataclass(frozen=True)
class Asked:
    """The same in c-Interact with m = 1 and patience 1: two questions, one under legacy counting."""

    acts: str
    paper: tuple[Termination, float]
    legacy: tuple[Termination, float]
    adk: tuple[Termination, float]


C_CASES = [
    Asked("right1 right2", (DONE, 1.0), (DONE, 1.0), (DONE, 1.0)),
    Asked("ask right1 right2", (DONE, 1.0), (DONE, 1.0), (DONE, 1.0)),
    Asked("ask ask right1 right2", (DONE, 1.0), (BROKE, 0.0), (DONE, 1.0)),
    Asked("ask ask ask right1 right2", (DONE, 1.0), (BROKE, 0.0), (DONE, 1.0)),
    Asked("ask ask ask ask right1 right2", (BROKE, 0.0), (BROKE, 0.0), (DONE, 1.0)),
    Asked("wrong right1 right2", (DONE, 0.8), (DONE, 0.8), (DONE, 0.8)),
    Asked("broken right1 wrong right2", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    Asked("right1 wrong right2", (DONE, 0.9), (DONE, 0.9), (DONE, 0.9)),
    Asked("right1 wrong wrong right2", (DONE, 0.7), (DONE, 0.7), (DONE, 0.7)),
    Asked("wrong wrong right1", (DONE, 0.0), (DONE, 0.0), (DONE, 0.0)),
    # After the first SQL nothing is asked any more, neither while mending it nor in the follow-up.
    Asked("wrong ask right1 right2", (DONE, 0.8), (BROKE, 0.0), (DONE, 0.8)),
    Asked("right1 ask right2", (DONE, 1.0), (BROKE, 0.7), (DONE, 1.0)),
    Asked("right1 ask ask right2", (BROKE, 0.7), (BROKE, 0.7), (DONE, 1.0)),
    # Exploring is not offered, and wrong arguments hand nothing in.
    Asked("get_schema submit_sql right1 right2", (DONE, 1.0), (DONE, 1.0), (DONE, 1.0)),
    Asked("bye", (LEFT, 0.0), (LEFT, 0.0), (LEFT, 0.0)),
]


@pytest.mark.parametrize("rules", Rules)
@pytest.mark.parametrize("case", C_CASES, ids=lambda case: case.acts)
def test_questions_then_sql_and_one_second_try_a_phase(
    template: Template, root: Path, case: Asked, rules: Rules
) -> None:
    one = setting(template, root, Mode.C_INTERACT, m=1, rules=rules.value, patience=1)
    record, _ = played(one, case.acts.split())
    assert (record.termination, record.reward.value) == getattr(case, rules.value)
    assert asyncio.run(rescore(one, record)).differences == ()


@pytest.mark.parametrize(
    ("acts", "value", "tries"),
    [(["right1"], 1.0, 1), (["broken", "right1"], 0.5, 2), (["wrong", "wrong"], 0.0, 2), (["bye"], 0.0, 0)],
)
def test_without_a_follow_up_a_second_try_earns_half_and_tries_are_recorded(
    template: Template, root: Path, acts: list[str], value: float, tries: int
) -> None:
    record, _ = played(setting(template, root, Mode.C_INTERACT, "one"), acts)
    assert record.reward.value == value
    assert [phase.tries for phase in record.reward.phases] == [tries]


def test_second_tries_cost_nothing_in_a_interact(template: Template, root: Path) -> None:
    record, _ = played(setting(template, root, Mode.A_INTERACT), ["wrong", "right1", "wrong", "right2"])
    assert record.reward.value == 1.0
    assert [phase.tries for phase in record.reward.phases] == [2, 2]


def test_feedback_is_the_databases_error_or_only_that_it_is_not_right(template: Template, root: Path) -> None:
    results = []
    for act in ("broken", "wrong"):
        record, _ = played(setting(template, root, Mode.C_INTERACT), [act, "right1", "right2"])
        submissions = [e for e in record.events if isinstance(e, ToolEvent) and e.name == "submit_sql"]
        results.append(submissions[0].result.content)
        said = [event.message.text for event in record.events if isinstance(event, MessageEvent) and event.given]
        assert any(text.startswith("That is not right yet") for text in said)
    assert "nowhere" in results[0]
    assert "100" not in results[1]


def test_c_interact_shows_schema_and_knowledge_and_offers_only_the_submission(template: Template, root: Path) -> None:
    record, agent = played(setting(template, root, Mode.C_INTERACT, m=2), ["get_schema"])
    assert agent.view is not None
    assert [spec.name for spec in agent.view.tools] == ["submit_sql"]
    results = [event for event in record.events if isinstance(event, ToolEvent)]
    assert [event.name for event in results] == ["get_schema", "get_all_knowledge", "get_schema"]
    assert "kite_id" in results[0].result.content
    assert results[2].result.error is ToolErrorKind.UNKNOWN_TOOL
    assert "5 times" in agent.view.instructions


def test_what_is_left_stands_at_the_end_of_everything_the_agent_sees(template: Template, root: Path) -> None:
    acts = ["get_schema", "no_such_tool", "list_knowledge", "ask", "ask", "right1"]
    record, agent = played(setting(template, root, Mode.A_INTERACT, patience=0, rules="paper"), acts)
    assert told(record) == [
        "[budget: 6/6]",
        "[budget: 5/6]",
        "[budget: 5/6]",
        "[budget: 4.5/6]",
        "[budget: 2.5/6]",
        "[budget: 0.5/6]",
    ]
    assert agent.view is not None
    assert "- execute_sql: 1\n" in agent.view.instructions
    legacy, _ = played(setting(template, root, Mode.A_INTERACT, patience=0, rules="legacy"), [*acts[:5], "ask"])
    assert told(legacy)[2:] == [
        "[budget: 4.8/6]",
        "[budget: 4.3/6]",
        "[budget: 2.3/6]",
        "[budget: 0.3/6]",
        "[budget: -1.7/6; submit_sql must be next]",
    ]


def test_the_questions_left_are_told_too(template: Template, root: Path) -> None:
    record, _ = played(setting(template, root, Mode.C_INTERACT, m=1, patience=1), ["ask", "ask", "ask", "right1"])
    assert told(record) == [
        "[questions left: 2 of 2]",
        "[questions left: 1 of 2]",
        "[questions left: 0 of 2; submit_sql must be next]",
        "Not done: no more questions are taken. [questions left: 0 of 2; submit_sql must be next]",
        "[questions left: 0 of 2; submit_sql must be next]",
    ]


def test_words_that_are_not_paid_for_never_reach_the_user(template: Template, root: Path) -> None:
    class Listens(ScriptedUser):
        heard: list[str]

        async def act(self, view: View) -> Message:
            self.heard = [e.message.text for e in view.history if isinstance(e, MessageEvent)]
            return await super().act(view)

    class Asks:
        number = 0

        async def act(self, view: View) -> Message:
            self.number += 1
            return Message(text=f"question {self.number}?") if self.number < 6 else Message(stop=Stop.DONE)

    one = setting(template, root, Mode.A_INTERACT, patience=0, rules="adk")
    user = Listens(one.task)
    record = asyncio.run(play(one, Asks(), user)).record
    assert [text for text in user.heard if text.startswith("question")] == ["question 1?", "question 2?", "question 3?"]
    kept = [e for e in record.events if isinstance(e, MessageEvent) and (e.party, e.to) == (Party.AGENT, "environment")]
    assert [event.message.text for event in kept] == ["question 4?", "question 5?"]


def test_a_wrong_answer_leaves_the_database_as_it_was_and_the_follow_up_sees_what_a_right_one_left(
    template: Template, root: Path
) -> None:
    class Spoils:
        def __init__(self) -> None:
            self.scripts = ["DELETE FROM kites", *RIGHT]

        async def act(self, view: View) -> Message:
            sql = self.scripts.pop(0)
            return Message(tool_calls=(ToolCall(name="submit_sql", arguments={"sql": sql}),))

    one = setting(template, root, Mode.A_INTERACT)
    assert asyncio.run(play(one, Spoils(), ScriptedUser(one.task))).record.reward.value == 1.0


@pytest.mark.parametrize("mode", [Mode.C_INTERACT, Mode.A_INTERACT, Mode.DEFAULT])
def test_an_answer_that_nobody_can_judge_does_not_keep_the_follow_up_away(
    template: Template, root: Path, mode: Mode
) -> None:
    one = setting(template, root, mode, "withheld")
    record, _ = played(one, ["right1", "wrong", "right2"])
    assert [(event.phase, event.passed) for event in record.events if isinstance(event, PhaseEvent)] == [
        (0, False),
        (1, False),
    ]
    assert (record.termination, record.reward.value, len(record.reward.phases)) == (DONE, None, 2)
    assert asyncio.run(rescore(one, record)).differences == ()
    left, _ = played(one, ["bye"])
    assert [event.phase for event in left.events if isinstance(event, PhaseEvent)] == [0]


def test_the_users_farewell_is_words_and_ends_nothing(template: Template, root: Path) -> None:
    class Leaves(ScriptedUser):
        async def act(self, view: View) -> Message:
            message = await super().act(view)
            return message if not view.history else Message(text="Bye.", stop=Stop.DONE)

    one = setting(template, root, Mode.C_INTERACT)
    record = asyncio.run(play(one, Acts("ask", "right1", "right2"), Leaves(one.task))).record
    assert (record.termination, record.reward.value) == (DONE, 1.0)


@pytest.mark.parametrize("patience", PATIENCE)
@pytest.mark.parametrize("rules", Rules)
@pytest.mark.parametrize("mode", [Mode.C_INTERACT, Mode.A_INTERACT])
@pytest.mark.parametrize("m", [0, 1, 4])
def test_the_oracle_earns_everything_whatever_the_budget_and_doing_nothing_earns_nothing(
    template: Template, root: Path, mode: Mode, rules: Rules, patience: int, m: int
) -> None:
    one = setting(template, root, mode, m=m, rules=rules.value, patience=patience)
    record = asyncio.run(play(one, OracleAgent(one.task), ScriptedUser(one.task))).record
    assert (record.termination, record.reward.value) == (DONE, 1.0)
    assert not any(text.startswith("Not done") for text in told(record))
    idle = asyncio.run(play(one, NoopAgent(), ScriptedUser(one.task))).record
    assert idle.reward.value == 0.0


ACTS = st.sampled_from(
    ["ask", "right1", "right2", "wrong", "broken", "get_schema", "list_knowledge", "no_such_tool", "submit_sql"]
)


@settings(max_examples=40)
@given(
    acts=st.lists(ACTS, max_size=14),
    mode=st.sampled_from([Mode.C_INTERACT, Mode.A_INTERACT]),
    rules=st.sampled_from(Rules),
    patience=st.integers(0, 2),
    task=st.sampled_from(["one", "two"]),
)
def test_whatever_an_agent_does_rewards_stay_in_range_phases_in_order_and_records_play_again(
    template: Template, root: Path, acts: list[str], mode: Mode, rules: Rules, patience: int, task: str
) -> None:
    one = setting(template, root, mode, task, rules=rules.value, patience=patience)
    record, _ = played(one, acts)
    passed = [phase.value == 1.0 for phase in record.reward.phases]
    assert record.termination in (DONE, BROKE, LEFT)
    assert record.reward.value in {0.0, 0.5, 0.7, 0.8, 0.9, 1.0}
    assert passed == sorted(passed, reverse=True)
    assert [phase.phase for phase in record.reward.phases] == list(range(len(passed)))
    assert asyncio.run(rescore(one, record)).differences == ()


def shown(terms: Interaction) -> float | int | None:
    return terms.points if terms.clarification is None else terms.clarification.questions


def test_the_budget_of_every_real_task_is_what_the_formulas_say(shared_data: Path, root: Path) -> None:
    lines = (shared_data / "mini_interact" / "mini_interact.jsonl").read_text(encoding="utf-8").splitlines()
    raw = [json.loads(line) for line in lines]
    assert len(raw) == 300
    for one in raw:
        points = one["user_query_ambiguity"]
        critical, open_ = points["critical_ambiguity"], points["non_critical_ambiguity"]
        hidden = one["knowledge_ambiguity"]
        m = len(critical) + len(hidden)
        ambiguities = [
            *({"term": point["term"], "kind": point["type"]} for point in critical),
            *({"term": point["term"], "kind": point["type"], "critical": False} for point in open_),
            *({"term": point["term"], "critical": False, "knowledge": point["deleted_knowledge"]} for point in hidden),
        ]
        data = {"id": one["instance_id"], "user": {"ambiguities": ambiguities}, "phases": [{}]}
        task = parse(Task, data, where=one["instance_id"])
        for rules in Rules:
            for patience in PATIENCE:
                pack = kite_pack(root, rules=rules.value, patience=patience)
                budget = shown(interaction_of(pack, task, Mode.A_INTERACT, Limits()))
                questions = shown(interaction_of(pack, task, Mode.C_INTERACT, Limits()))
                assert budget == 6 + 2 * m + 2 * patience
                assert questions == m + patience - (rules is Rules.LEGACY)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": "upstream"}, "field 'rules'.*'paper', 'legacy' or 'adk'.*got \"upstream\""),
        ({"patience": -1}, "field 'patience'.*got -1"),
        ({"patience": "3"}, "field 'patience'.*got \"3\""),
    ],
)
def test_wrong_rules_and_a_wrong_patience_are_told(root: Path, options: dict[str, object], message: str) -> None:
    pack = kite_pack(root, **options)
    with pytest.raises(InputError, match=message):
        interaction_of(pack, pack.tasks["two"], Mode.C_INTERACT, Limits())


def test_a_second_try_that_would_earn_more_than_a_first_is_refused() -> None:
    with pytest.raises(InputError, match="retry_weight must not be more than weight"):
        parse(Task, {"id": "t", "phases": [{"weight": 0.5, "retry_weight": 0.6}, {"weight": 0.5}]}, where="t")


def test_what_the_agent_may_ask_and_spend_is_in_its_view(template: Template, root: Path) -> None:
    _, agent = played(setting(template, root, Mode.A_INTERACT, m=2), ["bye"])
    assert agent.view is not None
    assert (agent.view.interaction.points, agent.view.interaction.ask_cost) == (16.0, 2.0)
    assert "you have 16 for the whole task" in agent.view.instructions
