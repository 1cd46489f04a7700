"""The turn loop on real packs: who may speak, what is seen, how it ends, and that nothing stops a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness.agents.oracle import OracleAgent
from harness.core.errors import ContextWindowExceeded, ModelFault
from harness.core.event import FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.limits import Limits
from harness.core.message import Message, Party, Stop, ToolCall, ToolErrorKind, Usage
from harness.core.protocols import Agent, Simulator, View
from harness.core.record import Record
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.recorded import rescore
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

Reply = Message | str | BaseException | object


class Says:
    """A party that returns, or raises, one thing after another, and then stops."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.views: list[tuple[View, int]] = []

    def act(self, view: View) -> Message:
        self.views.append((view, len(view.history)))
        reply = self.replies.pop(0) if self.replies else Message(stop=Stop.DONE)
        if isinstance(reply, BaseException):
            raise reply
        return reply  # type: ignore[return-value]


@contextmanager
def setting(pack: str, task: str, **limits: float | int) -> Iterator[Setting]:
    loaded = load_pack(find_pack(pack))
    template = open_pack(loaded)
    try:
        yield Setting.of(loaded, task, template, limits=Limits(**limits), agent="test", simulator="scripted")
    finally:
        template.close()


def run(
    agent: Agent,
    *,
    pack: str = "telecom-desk",
    task: str = "airplane-mode-left-on",
    user: Simulator | None = None,
    **limits: float,
) -> Record:
    with setting(pack, task, **limits) as one:
        return asyncio.run(play(one, agent, user or ScriptedUser(one.task))).record


def calls(*tools: str) -> Message:
    return Message(tool_calls=tuple(ToolCall(name=tool) for tool in tools))


def faults(record: Record) -> list[FaultEvent]:
    return [event for event in record.events if isinstance(event, FaultEvent)]


class Async:
    """The same party with an `async` method."""

    def __init__(self, says: Says) -> None:
        self.says = says

    async def act(self, view: View) -> Message:
        return self.says.act(view)


@pytest.mark.parametrize("kind", [lambda says: says, Async])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (RuntimeError("boom"), "RuntimeError: boom"),
        (RecursionError(), "RecursionError"),
        (TimeoutError("mine"), "TimeoutError: mine"),
        (StopIteration(3), "StopIteration"),
        (SystemExit(1), "SystemExit: 1"),
        (asyncio.CancelledError(), "CancelledError"),
        (None, "returned NoneType"),
        ({"text": "hi"}, "returned dict"),
        (b"hi", "returned bytes"),
        ("", "says nothing"),
        (Message(text="   "), "says nothing"),
    ],
)
def test_an_agent_that_raises_or_returns_garbage_ends_its_episode_as_its_own_error(
    reply: Reply, error: str, kind: Callable[[Says], Agent]
) -> None:
    record = run(kind(Says("Hello", reply)))
    assert record.termination is Termination.AGENT_ERROR
    assert record.reward.value == 0
    assert [fault.party for fault in faults(record)] == [Party.AGENT]
    assert error in faults(record)[0].error


def test_a_user_that_breaks_is_not_the_agents_error() -> None:
    record = run(Says("Hello"), user=Says("My phone is dead", KeyError("x")))
    assert record.termination is Termination.USER_ERROR


@pytest.mark.parametrize(
    ("failure", "termination", "value"),
    [
        (ModelFault("provider down"), Termination.INFRA_ERROR, None),
        (ContextWindowExceeded("too long"), Termination.CONTEXT_WINDOW_EXCEEDED, 0.0),
    ],
)
def test_a_models_failure_is_not_the_agents_error(
    failure: Exception, termination: Termination, value: float | None
) -> None:
    record = run(Says("Hello", failure))
    assert (record.termination, record.reward.value) == (termination, value)


def test_unknown_tools_and_wrong_argument_types_are_results_that_the_agent_sees() -> None:
    agent = Says(
        calls("no_such_tool"),
        Message(tool_calls=(ToolCall(name="get_customer_by_phone", arguments={"phone_number": 7}),)),
        calls("toggle_airplane_mode"),
    )
    record = run(agent)
    errors = [event.result.error for event in record.events if isinstance(event, ToolEvent)]
    assert errors == [ToolErrorKind.UNKNOWN_TOOL, ToolErrorKind.INVALID_ARGUMENTS, ToolErrorKind.UNKNOWN_TOOL]
    assert record.termination is Termination.AGENT_STOP
    assert "no_such_tool" in agent.views[-1][0].history[3].result.content  # type: ignore[union-attr]


def test_the_parties_see_their_own_calls_and_each_others_words_only() -> None:
    agent = Says("Please do this on your side: check_status_bar()", calls("no_such_tool"))
    user = Says("My phone is dead", calls("check_status_bar"), "It shows a plane.")
    run(agent, user=user)
    seen_by_agent = [event for event in agent.views[-1][0].history if isinstance(event, ToolEvent)]
    assert {event.party for event in seen_by_agent} == {Party.AGENT}
    seen_by_user = user.views[-1][0].history
    assert {event.party for event in seen_by_user if isinstance(event, ToolEvent)} == {Party.USER}
    assert not any(isinstance(event, MessageEvent) and event.message.text == "no_such_tool" for event in seen_by_user)


def test_text_beside_tool_calls_is_kept_and_not_delivered() -> None:
    user = Says("My phone is dead", "Hm?")
    thought = Message(text="secret thought", tool_calls=(ToolCall(name="no_such_tool"),))
    record = run(Says(thought, "Hello"), user=user)
    assert any(isinstance(event, MessageEvent) and event.message.text == "secret thought" for event in record.events)
    assert not any(
        isinstance(event, MessageEvent) and event.message.text == "secret thought"
        for event in user.views[-1][0].history
    )


def test_every_call_gets_an_id_of_its_own() -> None:
    same = Message(tool_calls=(ToolCall(id="x", name="a"), ToolCall(id="x", name="b"), ToolCall(name="c")))
    record = run(Says(same, same))
    ids = [event.result.call_id for event in record.events if isinstance(event, ToolEvent)]
    assert len(ids) == len(set(ids)) == 6
    asked = [call.id for event in record.events if isinstance(event, MessageEvent) for call in event.message.tool_calls]
    assert asked == ids


class Chatter:
    """Never stops talking."""

    def __init__(self, message: Message) -> None:
        self.message = message

    def act(self, view: View) -> Message:
        return self.message


@pytest.mark.parametrize(
    ("message", "limits", "termination"),
    [
        (Message(text="Hm."), {"max_turns": 3}, Termination.MAX_TURNS),
        (Message(text="Hm."), {"max_steps": 7}, Termination.MAX_STEPS),
        (calls("no_such_tool"), {"max_errors": 4}, Termination.TOO_MANY_ERRORS),
        (
            Message(text="Hm.", usage=Usage(calls=1, output_tokens=60)),
            {"max_tokens": 100},
            Termination.BUDGET_EXHAUSTED,
        ),
        (Message(text="Hm.", usage=Usage(calls=1, cost_usd=0.6)), {"max_cost_usd": 1.0}, Termination.BUDGET_EXHAUSTED),
    ],
)
def test_each_limit_ends_the_episode_by_its_name_without_reward(
    message: Message, limits: dict[str, float], termination: Termination
) -> None:
    record = run(Chatter(message), user=Chatter(Message(text="And then?")), **limits)
    assert (record.termination, record.reward.value) == (termination, 0.0)
    assert record.reward.reason == f"ended by {termination}"
    if "max_turns" in limits:
        assert record.turns == limits["max_turns"]


def test_an_agent_that_hangs_is_ended_by_the_timeout() -> None:
    class Hangs:
        async def act(self, view: View) -> Message:
            await asyncio.sleep(3600)
            raise AssertionError("unreachable")

    class HangsInAThread:
        def act(self, view: View) -> Message:
            threading.Event().wait()
            raise AssertionError("unreachable")

    assert run(Hangs(), timeout_s=0.2).termination is Termination.TIMEOUT
    assert run(HangsInAThread(), timeout_s=0.2).termination is Termination.TIMEOUT


def test_action_points_are_charged_by_tool_and_end_the_episode_when_spent() -> None:
    schema = ToolCall(name="get_schema")
    agent = Chatter(Message(tool_calls=(schema,)))
    record = run(agent, pack="sql-shop", task="low-stock", action_points=2.5)
    assert record.termination is Termination.BUDGET_EXHAUSTED
    assert record.tool_calls == 2


def test_a_stop_on_the_last_step_allowed_stands() -> None:
    with setting("telecom-desk", "airplane-mode-left-on") as one:
        record = asyncio.run(play(one, OracleAgent(one.task), ScriptedUser(one.task))).record
    again = run(OracleAgent(one.task), max_turns=record.turns)
    assert (again.termination, again.reward.value) == (record.termination, 1.0)


def follow_up() -> tuple[str, str]:
    for name in ("sql-shop", "sql-clinic"):
        for task in load_pack(find_pack(name)).tasks.values():
            if len(task.phases) > 1:
                return name, task.id
    raise AssertionError("no task with a follow-up")


def test_the_follow_up_is_asked_after_the_first_phase_passed_and_counts_by_its_weight() -> None:
    pack, task = follow_up()
    with setting(pack, task) as one:
        record = asyncio.run(play(one, OracleAgent(one.task), ScriptedUser(one.task))).record
        half = replace(one, task=one.task)
        stops = _StopsAfterPhaseOne(one.task)
        partial = asyncio.run(play(half, stops, ScriptedUser(one.task))).record
    request = one.task.phases[1].request
    assert [event.phase for event in record.events if isinstance(event, PhaseEvent)] == [0, 1]
    assert any(
        isinstance(event, MessageEvent) and event.given and event.message.text == request for event in record.events
    )
    assert record.reward.value == 1.0
    assert partial.reward.value == pytest.approx(one.task.phases[0].weight)


class _StopsAfterPhaseOne:
    def __init__(self, task: object) -> None:
        self.oracle = OracleAgent(task)  # type: ignore[arg-type]
        self.request = task.phases[1].request  # type: ignore[attr-defined]

    async def act(self, view: View) -> Message:
        last = view.history[-1]
        if isinstance(last, MessageEvent) and last.message.text == self.request:
            return Message(stop=Stop.DONE)
        return await self.oracle.act(view)


def with_tries(one: Setting, tries: int) -> Setting:
    protocol = one.pack.manifest.protocol.model_copy(update={"tries": tries})
    return replace(one, pack=replace(one.pack, manifest=one.pack.manifest.model_copy(update={"protocol": protocol})))


def submit(sql: str) -> Message:
    return Message(tool_calls=(ToolCall(name="submit_sql", arguments={"sql": sql}),))


def reference_sql(one: Setting) -> str:
    return next(
        step.arguments["sql"]
        for step in one.task.phases[0].reference or ()
        if getattr(step, "tool", "") == "submit_sql"
    )  # type: ignore[union-attr, return-value]


@pytest.mark.parametrize(("tries", "value", "phases"), [(1, 0.0, 1), (2, 1.0, 2)])
def test_a_second_try_is_given_if_the_pack_allows_it_and_starts_from_an_unchanged_world(
    tries: int, value: float, phases: int
) -> None:
    with setting("sql-shop", "clear-slow-movers") as one:
        one = with_tries(one, tries)
        agent = Says(submit("DELETE FROM order_lines"), submit(reference_sql(one)))
        record = asyncio.run(play(one, agent, ScriptedUser(one.task))).record
    assert record.reward.value == value
    assert sum(isinstance(event, PhaseEvent) for event in record.events) == phases
    assert record.termination is Termination.SUBMITTED


def test_calls_after_the_answer_was_handed_in_are_not_executed() -> None:
    with setting("sql-shop", "clear-slow-movers") as one:
        right = submit(reference_sql(one)).tool_calls
        spoil = ToolCall(name="submit_sql", arguments={"sql": "DELETE FROM order_lines"})
        agent = Says(Message(tool_calls=(*right, spoil)))
        record = asyncio.run(play(one, agent, ScriptedUser(one.task))).record
    assert record.reward.value == 1.0
    last = [event for event in record.events if isinstance(event, ToolEvent)][-1]
    assert last.result.error is ToolErrorKind.REFUSED


def asking_task() -> str:
    for task in load_pack(find_pack("shortcuts-daily")).tasks.values():
        if any(getattr(step, "answers", ()) for step in task.phases[0].reference or ()):
            return task.id
    raise AssertionError("no task that asks")


def test_a_running_tool_gets_its_answer_from_the_user_who_may_use_tools_first() -> None:
    with setting("shortcuts-daily", asking_task()) as one:
        plain = ScriptedUser(one.task)

        class LooksFirst:
            looked = False

            async def act(self, view: View) -> Message:
                last = view.history[-1] if view.history else None
                asked = isinstance(last, MessageEvent) and last.party is Party.ENVIRONMENT
                if asked and not self.looked:
                    self.looked = True
                    return calls(view.tools[0].name)
                if isinstance(last, ToolEvent):
                    asked_before = next(
                        e
                        for e in reversed(view.history)
                        if isinstance(e, MessageEvent) and e.party is Party.ENVIRONMENT
                    )
                    return await plain.act(replace(view, history=[*view.history, asked_before]))
                return await plain.act(view)

        user = LooksFirst()
        record = asyncio.run(play(one, OracleAgent(one.task), user)).record
        rescored = asyncio.run(rescore(one, record))
    assert user.looked
    assert record.reward.value == 1.0
    assert rescored.differences == ()


ORDINARY: Sequence[tuple[str, str]] = [
    ("sql-shop", "clear-slow-movers"),
    ("telecom-desk", "slow-for-three-reasons"),
    ("shortcuts-daily", "lisbon-countdown"),
]


@pytest.mark.parametrize(("pack", "task"), ORDINARY)
def test_the_same_seed_gives_the_same_record_byte_for_byte(pack: str, task: str) -> None:
    with setting(pack, task) as one:
        records = [
            asyncio.run(play(one, OracleAgent(one.task), ScriptedUser(one.task))).record.model_dump_json()
            for _ in range(2)
        ]
    assert records[0] == records[1]


def _forge_reward(record: Record) -> Record:
    return record.model_copy(update={"reward": record.reward.model_copy(update={"value": 0.5})})


def _forge_result(record: Record) -> Record:
    events = list(record.events)
    at = next(index for index, event in enumerate(events) if isinstance(event, ToolEvent))
    result = events[at].result.model_copy(update={"content": "all is well"})  # type: ignore[union-attr]
    events[at] = events[at].model_copy(update={"result": result})
    return record.model_copy(update={"events": tuple(events)})


def _drop_call(record: Record) -> Record:
    def called(event: object) -> bool:
        return isinstance(event, MessageEvent) and bool(event.message.tool_calls) and not event.given

    at = max(index for index, event in enumerate(record.events) if called(event))
    return record.model_copy(update={"events": record.events[:at] + record.events[at + 2 :]})


@pytest.mark.parametrize(("pack", "task"), ORDINARY)
@pytest.mark.parametrize("forge", [_forge_reward, _forge_result, _drop_call])
def test_playing_a_record_again_confirms_an_honest_one_and_finds_a_forged_one(
    pack: str, task: str, forge: Callable[[Record], Record]
) -> None:
    with setting(pack, task) as one:
        record = asyncio.run(play(one, OracleAgent(one.task), ScriptedUser(one.task))).record
        assert asyncio.run(rescore(one, record)).differences == ()
        assert asyncio.run(rescore(one, forge(record))).differences != ()


@pytest.mark.parametrize(
    "agent",
    [
        Says("Hello", RuntimeError("boom")),
        Says("Hello", ModelFault("down")),
        Says("Hello", Message(text=" ", usage=Usage(calls=1, output_tokens=3))),
        Says(calls("no_such_tool"), "Hm."),
        Chatter(Message(text="Hm.")),
    ],
)
def test_an_episode_that_ended_badly_is_confirmed_too(agent: Agent) -> None:
    with setting("telecom-desk", "sim-card-loose", max_turns=5) as one:
        record = asyncio.run(play(one, agent, ScriptedUser(one.task))).record
        assert asyncio.run(rescore(one, record)).differences == ()


def test_a_party_cannot_rewrite_the_record_through_what_it_sees() -> None:
    class Rewrites:
        def act(self, view: View) -> Message:
            for event in view.history:
                if isinstance(event, MessageEvent):
                    for call in event.message.tool_calls:
                        call.arguments["phone_number"] = "forged"
            if any(isinstance(event, ToolEvent) for event in view.history):
                return Message(stop=Stop.DONE)
            return Message(tool_calls=(ToolCall(name="get_customer_by_phone", arguments={"phone_number": "555-1"}),))

    record = run(Rewrites())
    made = [call for event in record.events if isinstance(event, MessageEvent) for call in event.message.tool_calls]
    assert [call.arguments for call in made] == [{"phone_number": "555-1"}]


def test_the_error_limit_binds_within_one_message() -> None:
    record = run(Says(calls(*["no_such_tool"] * 50)), max_errors=3)
    assert (record.termination, record.tool_calls) == (Termination.TOO_MANY_ERRORS, 3)


def test_a_world_that_breaks_while_it_is_judged_is_an_infrastructure_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(context: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("harness.engine.episode.judge_phase", breaks)
    record = run(Says(Message(stop=Stop.DONE)))
    assert (record.termination, record.reward.value) == (Termination.INFRA_ERROR, None)
    assert faults(record)[-1].error == "OSError: gone"
