"""The one turn loop that all families share.

A party acts: it says something to the other, calls tools, or stops. Calls go to the environment, whose
results only the caller sees, and the caller acts again. A phase ends when its answer is handed in (a tool
result says so) or a party stops; its checks then run, and if they pass, the user makes the next
phase's request. Families differ in data (greeting, tries, phases, tool costs, limits), not in the loop.

Not done here: scheduling, retries, files. A party or an environment that breaks ends this episode with
its own termination and never raises out of `play`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

from harness.checks.context import CheckContext
from harness.checks.reward import combine, judge_phase
from harness.core.check import PhaseReward
from harness.core.errors import AgentFault, EnvironmentFault, EpisodeFault, UserFault
from harness.core.event import Event, FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.message import Message, Party, ToolCall, ToolErrorKind, ToolResult, ToolSpec
from harness.core.protocols import Agent, Environment, Simulator, Snapshot, View
from harness.core.record import Record
from harness.core.termination import Termination
from harness.engine.ledger import Ledger
from harness.engine.setting import Setting
from harness.engine.threads import in_thread

_OTHER = {Party.AGENT: Party.USER, Party.USER: Party.AGENT}
_TRY_AGAIN = "That is not right yet. You can hand in an answer once more."
_AFTER_SUBMISSION = "Error: not executed, because the answer was handed in before it"


@dataclass(frozen=True, slots=True)
class Played:
    """An episode's record and where its time went, in seconds."""

    record: Record
    seconds: dict[str, float]
    """`agent`, `user`, `environment` and `scoring`."""


async def play(setting: Setting, agent: Agent, simulator: Simulator) -> Played:
    """Play one episode to its end, whatever happens in it."""
    episode = _Episode(setting, agent, simulator)
    await episode.run()
    return Played(episode.record(), episode.seconds)


class _Ended(Exception):
    """Unwinds the loop, through a tool that waits for the user if need be."""

    def __init__(self, termination: Termination) -> None:
        self.termination = termination


class _Episode:
    def __init__(self, setting: Setting, agent: Agent, simulator: Simulator) -> None:
        self.setting = setting
        self.seats: dict[Party, Agent | Simulator] = {Party.AGENT: agent, Party.USER: simulator}
        self.ledger = Ledger(setting.limits)
        self.events: list[Event] = []
        self.seen: dict[Party, list[Event]] = {Party.AGENT: [], Party.USER: []}
        self.call_ids: set[str] = set()
        self.waits = {party: inspect.iscoroutinefunction(seat.act) for party, seat in self.seats.items()}
        self.lent: frozenset[str] = frozenset()
        self.phase = 0
        self.tries = 0
        self.phase_start: Snapshot | None = None
        self.judged: dict[int, PhaseReward] = {}
        self.fingerprints: dict[str, str] = {}
        self.termination = Termination.INFRA_ERROR
        self.seconds = dict.fromkeys(("agent", "user", "environment", "scoring"), 0.0)
        self.deadline: asyncio.Timeout
        self.environment: Environment
        self.views: dict[Party, View]
        self.specs: dict[Party, dict[str, ToolSpec]]

    async def run(self) -> None:
        try:
            started = perf_counter()
            self.environment = await self.setting.template.create(self.setting.task, self.setting.seed)
            self.seconds["environment"] += perf_counter() - started
        except Exception as error:  # noqa: BLE001 - boundary: a template that can't build a world
            self._fault(Party.ENVIRONMENT, error)
            return
        try:
            self._take_seats()
            async with asyncio.timeout(self.setting.limits.timeout_s) as self.deadline:
                await self._converse()
        except _Ended as ended:
            self.termination = ended.termination
        except TimeoutError:
            self.termination = Termination.TIMEOUT
        except EpisodeFault as fault:
            self._fault(_side(fault), fault)
            self.termination = fault.termination
        except Exception as error:  # noqa: BLE001 - boundary: an environment that breaks while it is judged
            self._fault(Party.ENVIRONMENT, error)
            self.termination = Termination.INFRA_ERROR
        finally:
            await self._leave()

    async def _leave(self) -> None:
        """Take the world's last fingerprints and give it back."""
        try:
            for party in (Party.AGENT, Party.USER):
                self.fingerprints[party] = await self.environment.fingerprint(party)
            await self.environment.close()
        except Exception as error:  # noqa: BLE001 - boundary: an environment that breaks while closing
            self._fault(Party.ENVIRONMENT, error)
            self.termination = Termination.INFRA_ERROR

    def record(self) -> Record:
        setting, ledger = self.setting, self.ledger
        return Record(
            pack=setting.pack.id,
            pack_hash=setting.pack.hash,
            task=setting.task.id,
            trial=setting.trial,
            seed=setting.seed,
            agent=setting.agent,
            simulator=setting.simulator,
            mode=setting.mode,
            events=tuple(self.events),
            termination=self.termination,
            reward=combine(setting.task, self.judged, self.termination),
            usage=ledger.episode_usage(),
            limits=setting.limits,
            turns=ledger.turns,
            tool_calls=ledger.tool_calls,
            fingerprints=self.fingerprints,
        )

    def _take_seats(self) -> None:
        task = self.setting.task
        mode = self.setting.mode
        instructions = {Party.AGENT: self.setting.policy, Party.USER: task.user.instructions}
        tools = {party: list(self.environment.tools(party)) for party in self.seats}
        if task.user.tools is not None:
            tools[Party.USER] = [spec for spec in tools[Party.USER] if spec.name in task.user.tools]
        if mode.solo:
            # Nobody sits in the user's seat: its tools lie before the agent, and still act on the user's side.
            self.lent = frozenset(spec.name for spec in tools[Party.USER])
            tools = {Party.AGENT: tools[Party.AGENT] + tools[Party.USER], Party.USER: []}
        self.specs = {party: {spec.name: spec for spec in own} for party, own in tools.items()}
        self.views = {
            party: View(party, instructions[party], tools[party], self.seen[party], self.setting.seed_of(party), mode)
            for party in self.seats
        }

    async def _converse(self) -> None:
        speaker = await self._open()
        await self._start_phase()
        while True:
            message = await self._act(speaker)
            if message.tool_calls:
                if await self._call_tools(speaker, message):
                    speaker = Party.AGENT
            elif message.stop is not None:
                self._say(speaker, _OTHER[speaker], message)
                stopped = Termination.AGENT_STOP if speaker is Party.AGENT else Termination.USER_STOP
                await self._end_phase(stopped, again=False)
                speaker = Party.AGENT
            elif self.setting.mode.solo:
                self._say(speaker, _OTHER[speaker], message)
                raise AgentFault("words to a user, and there is none: call tools, or stop")
            else:
                self._say(speaker, _OTHER[speaker], message)
                speaker = _OTHER[speaker]

    async def _open(self) -> Party:
        """Play what the task's data says was said before; returns who acts first."""
        history, greeting = self.setting.task.history, self.setting.pack.manifest.protocol.greeting
        for entry in history:
            if entry.message.tool_calls:
                await self._call_tools(entry.party, entry.message, given=True)
            else:
                self._say(entry.party, _OTHER[entry.party], entry.message, given=True)
        if history:
            return _OTHER[history[-1].party] if not history[-1].message.tool_calls else history[-1].party
        if self.setting.mode.solo:
            return Party.AGENT
        if greeting is not None:
            self._say(Party.AGENT, Party.USER, Message(text=greeting), given=True)
        return Party.USER

    async def _act(self, party: Party) -> Message:
        """Ask a party for its message; what it does wrong becomes its fault."""
        if (end := self.ledger.before_act(party)) is not None:
            raise _Ended(end)
        fault = AgentFault if party is Party.AGENT else UserFault
        started = perf_counter()
        try:
            message = await self._reply(party)
        except EpisodeFault:
            raise
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            raise fault("CancelledError: raised by the party itself") from error
        except (Exception, SystemExit) as error:
            # Boundary: anyone's code sits in the seat.
            raise fault(f"{type(error).__name__}: {error}") from error
        finally:
            self.seconds[party] += perf_counter() - started
        if isinstance(message, str):
            message = Message(text=message)
        if not isinstance(message, Message):
            raise fault(f"act() returned {type(message).__name__}, not a Message or str")
        self.ledger.acted(party, message.usage)
        if message.blank:
            self._emit(MessageEvent(party=party, to=_OTHER[party], message=message), party)
            raise fault("the reply says nothing, calls nothing and ends nothing")
        return self._with_call_ids(message)

    async def _reply(self, party: Party) -> object:
        act, view = self.seats[party].act, self.views[party]
        if self.waits[party]:
            return await cast("Awaitable[object]", act(view))
        # A plain method may wait for a network or never return: it must not hold up the other episodes.
        reply = await in_thread(lambda: act(view))
        return await reply if inspect.isawaitable(reply) else reply

    def _with_call_ids(self, message: Message) -> Message:
        """The message with an id for each call that has none or one that was used before."""
        if not message.tool_calls:
            return message
        used = self.call_ids
        calls: list[ToolCall] = []
        for call in message.tool_calls:
            if not call.id or call.id in used:
                number = len(used)
                while f"call_{number}" in used:
                    number += 1
                call = call.numbered(f"call_{number}")
            used.add(call.id)
            calls.append(call)
        return message.model_copy(update={"tool_calls": tuple(calls)})

    async def _call_tools(self, party: Party, message: Message, *, given: bool = False) -> bool:
        """Execute a message's calls in order; returns whether an answer was handed in."""
        self.events.append(MessageEvent(party=party, to=Party.ENVIRONMENT, message=message, given=given))
        # The party sees a copy: arguments are dictionaries, and whoever changes them must not change the record.
        shown = message.model_copy(update={"tool_calls": tuple(call.copied() for call in message.tool_calls)})
        self.seen[party].append(MessageEvent(party=party, to=Party.ENVIRONMENT, message=shown, given=given))
        self.call_ids.update(call.id for call in message.tool_calls)
        submitted: ToolResult | None = None
        for call in message.tool_calls:
            if submitted is not None:
                result = ToolResult(call_id=call.id, content=_AFTER_SUBMISSION, error=ToolErrorKind.REFUSED)
            else:
                if self.ledger.too_many_errors:
                    raise _Ended(Termination.TOO_MANY_ERRORS)
                result = await self._call(party, call)
                submitted = result if result.submitted else None
            self._emit(ToolEvent(party=party, name=call.name, result=result), party)
        self.ledger.steps += not given
        if submitted is not None:
            await self._end_phase(Termination.SUBMITTED, again=True)
        return submitted is not None

    async def _call(self, party: Party, call: ToolCall) -> ToolResult:
        spec = self.specs[party].get(call.name)
        if not self.ledger.affords(party, spec):
            raise _Ended(Termination.BUDGET_EXHAUSTED)
        started = perf_counter()
        waited = self.seconds["agent"] + self.seconds["user"]
        try:
            owner = Party.USER if call.name in self.lent else party
            if spec is None and any(call.name == held.name for held in self.environment.tools(owner)):
                # The task may give the user fewer tools than its environment has.
                names = ", ".join(self.specs[party]) or "none"
                content = f"Error: there is no tool {call.name!r}; yours are: {names}"
                result = ToolResult(call_id=call.id, content=content, error=ToolErrorKind.UNKNOWN_TOOL)
            else:
                result = await self.environment.call(owner, call, self._ask)
        except (EpisodeFault, _Ended):
            raise
        except Exception as error:
            # Boundary: a broken environment is an infrastructure failure, not the caller's.
            raise EnvironmentFault(f"{call.name}: {type(error).__name__}: {error}") from error
        finally:
            waited = self.seconds["agent"] + self.seconds["user"] - waited
            self.seconds["environment"] += perf_counter() - started - waited
        self.ledger.called(failed=result.error is not None)
        return result

    async def _ask(self, question: str) -> str:
        """Bring a running tool's question to the user; it may use its own tools before it answers."""
        if self.setting.mode.solo:
            raise UserFault(f"nobody is there to answer: {question}")
        self._emit(MessageEvent(party=Party.ENVIRONMENT, to=Party.USER, message=Message(text=question)), Party.USER)
        while True:
            message = await self._act(Party.USER)
            if not message.tool_calls:
                answer = MessageEvent(party=Party.USER, to=Party.ENVIRONMENT, message=message)
                self._emit(answer, Party.USER)
                return message.text
            await self._call_tools(Party.USER, message)

    async def _start_phase(self) -> None:
        """Keep the world as it is now: a second try starts from here (BIRD-INTERACT's reset before a submission)."""
        if self.setting.pack.manifest.protocol.tries > 1:
            self.phase_start = await self.environment.snapshot()

    async def _end_phase(self, why: Termination, *, again: bool) -> None:
        """Judge the phase; go on to the next or to another try, or end the episode by raising."""
        started = perf_counter()
        context = CheckContext(
            task=self.setting.task,
            phase=self.phase,
            events=self.events,
            environment=self.environment,
            template=self.setting.template,
            seed=self.setting.seed,
            judge=self.setting.judge,
        )
        due = self.deadline.when()
        if self.setting.judge is not None:
            # A slow judge must not end the episode of an agent that was in time.
            self.deadline.reschedule(None)
        reward = await judge_phase(context)
        self.ledger.judged(context.judge_usage)
        spent = perf_counter() - started
        self.seconds["scoring"] += spent
        if due is not None:
            self.deadline.reschedule(due + spent)
        self.judged[self.phase] = reward
        self.tries += 1
        passed = reward.value == 1.0
        retry = again and reward.value == 0.0 and self.tries < self.setting.pack.manifest.protocol.tries
        self.events.append(PhaseEvent(phase=self.phase, passed=passed, final=not retry))
        if retry:
            if self.phase_start is not None:
                await self.environment.restore(self.phase_start)
            self._say(Party.USER, Party.AGENT, Message(text=_TRY_AGAIN), given=True)
        elif passed and self.phase + 1 < len(self.setting.task.phases):
            self.phase += 1
            self.tries = 0
            await self.environment.next_phase(self.phase)
            await self._start_phase()
            request = self.setting.task.phases[self.phase].request
            self._say(Party.USER, Party.AGENT, Message(text=request), given=True)
        else:
            raise _Ended(why)

    def _say(self, party: Party, to: Party, message: Message, *, given: bool = False) -> None:
        self._emit(MessageEvent(party=party, to=to, message=message, given=given), party, to)

    def _emit(self, event: Event, *seen_by: Party) -> None:
        self.events.append(event)
        for party in seen_by:
            self.seen[party].append(event)

    def _fault(self, party: Party | None, error: Exception) -> None:
        text = str(error) if isinstance(error, EpisodeFault) else f"{type(error).__name__}: {error}"
        self.events.append(FaultEvent(party=party, error=text))


def _side(fault: EpisodeFault) -> Party | None:
    sides: Sequence[tuple[type[EpisodeFault], Party]] = (
        (AgentFault, Party.AGENT),
        (UserFault, Party.USER),
        (EnvironmentFault, Party.ENVIRONMENT),
    )
    return next((party for kind, party in sides if isinstance(fault, kind)), None)
