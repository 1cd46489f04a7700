"""The one turn loop that all families share.

A party acts: it says something to the other, calls tools, or stops. Calls go to the environment, whose
results only the caller sees, and the caller acts again. A phase ends when its answer is handed in (a tool
result says so) or a party stops; its checks then run, and unless they fail, the user makes the next
phase's request. Families and modes differ in data (greeting, phases, costs, limits, `Interaction`), not in the loop.

Not done here: scheduling, retries, files. A party or an environment that breaks ends this episode with
its own termination and never raises out of `play`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter

from harness.checks.context import CheckContext
from harness.checks.reward import combine, judge_phase
from harness.core.check import PhaseReward
from harness.core.errors import AgentFault, EnvironmentFault, EpisodeFault, UserFault
from harness.core.event import Event, FaultEvent, MessageEvent, PhaseEvent, ToolEvent
from harness.core.message import Message, Party, ToolCall, ToolErrorKind, ToolResult, ToolSpec
from harness.core.parsing import JsonObject
from harness.core.protocols import Agent, Environment, Simulator, Snapshot, View
from harness.core.record import Record
from harness.core.termination import Termination
from harness.engine.briefing import price_list
from harness.engine.budget import Budget, Ruling
from harness.engine.ledger import Ledger
from harness.engine.seat import Seat, side_of, with_call_ids
from harness.engine.setting import Setting
from harness.models.account import account

_OTHER = {Party.AGENT: Party.USER, Party.USER: Party.AGENT}
_ONCE_MORE = "That is not right yet. You can hand in an answer once more."
_GO_ON = "That is not right yet. You can go on and hand in another answer."
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
    try:
        await episode.run()
    finally:
        for seat in episode.seats.values():
            await seat.close()
    return Played(episode.record(), episode.seconds)


class _Ended(Exception):
    """Unwinds the loop, through a tool that waits for the user if need be."""

    def __init__(self, termination: Termination) -> None:
        self.termination = termination


class _Episode:
    def __init__(self, setting: Setting, agent: Agent, simulator: Simulator) -> None:
        self.setting = setting
        self.terms = setting.interaction
        self.seats = {Party.AGENT: Seat(Party.AGENT, agent), Party.USER: Seat(Party.USER, simulator)}
        self.ledger = Ledger(setting.limits)
        self.events: list[Event] = []
        self.seen: dict[Party, list[Event]] = {Party.AGENT: [], Party.USER: []}
        self.call_ids: set[str] = set()
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
        self.budget: Budget
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
                account().deadline = self.deadline
                await self._converse()
        except _Ended as ended:
            self.termination = ended.termination
        except TimeoutError:
            self.termination = Termination.TIMEOUT
        except EpisodeFault as fault:
            self._fault(side_of(fault), fault)
            self.termination = fault.termination
        except Exception as error:  # noqa: BLE001 - boundary: an environment that breaks while it is judged
            self._fault(Party.ENVIRONMENT, error)
            self.termination = Termination.INFRA_ERROR
        finally:
            await self._leave()

    async def _leave(self) -> None:
        """Take the world's last fingerprints and give it back."""
        try:
            try:
                for party in (Party.AGENT, Party.USER):
                    self.fingerprints[party] = await self.environment.fingerprint(party)
            finally:
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
            reward=combine(setting.task, self.judged, self.termination, graded=self.terms.graded),
            usage=ledger.episode_usage(),
            limits=setting.limits,
            turns=ledger.turns,
            tool_calls=ledger.tool_calls,
            fingerprints=self.fingerprints,
        )

    def _take_seats(self) -> None:
        task = self.setting.task
        mode = self.setting.mode
        tools = {party: list(self.environment.tools(party)) for party in self.seats}
        if self.terms.tools is not None:
            tools[Party.AGENT] = [spec for spec in tools[Party.AGENT] if spec.name in self.terms.tools]
        if task.user.tools is not None:
            tools[Party.USER] = [spec for spec in tools[Party.USER] if spec.name in task.user.tools]
        if mode.solo:
            # Nobody sits in the user's seat: its tools lie before the agent, and still act on the user's side.
            self.lent = frozenset(spec.name for spec in tools[Party.USER])
            tools = {Party.AGENT: tools[Party.AGENT] + tools[Party.USER], Party.USER: []}
        instructions = {Party.AGENT: self.setting.policy, Party.USER: task.user.instructions}
        if self.terms.notes and self.terms.points is not None:
            instructions[Party.AGENT] += f"\n\n{price_list(tools[Party.AGENT])}"
        self.specs = {party: {spec.name: spec for spec in own} for party, own in tools.items()}
        self.budget = Budget(self.terms, tools[Party.AGENT])
        self.views = {
            party: View(
                party,
                instructions[party],
                tools[party],
                self.seen[party],
                self.setting.seed_of(party),
                mode,
                self.terms,
            )
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
            elif self.terms.relay:
                self._say(Party.AGENT, Party.USER, message)
                await self._relay({"reply": message.text})
            elif message.stop is not None and not (speaker is Party.USER and self.terms.agent_led):
                self._say(speaker, _OTHER[speaker], message)
                stopped = Termination.AGENT_STOP if speaker is Party.AGENT else Termination.USER_STOP
                await self._end_phase(stopped, submitted=False)
                speaker = Party.AGENT
            elif self.setting.mode.solo:
                self._say(speaker, _OTHER[speaker], message)
                raise AgentFault("words to a user, and there is none: call tools, or stop")
            elif speaker is Party.USER or self._may_say(message):
                self._say(speaker, _OTHER[speaker], message)
                speaker = _OTHER[speaker]
                self._tell_what_is_left(speaker)

    def _may_say(self, message: Message) -> bool:
        """Whether what the agent says is paid for; words that aren't reach nobody, and it is told why."""
        ruling = self.budget.ask()
        if ruling is not Ruling.ALLOWED:
            self._emit(MessageEvent(party=Party.AGENT, to=Party.ENVIRONMENT, message=message), Party.AGENT)
        if ruling is Ruling.ENDS:
            raise _Ended(Termination.BUDGET_EXHAUSTED)
        if ruling is Ruling.REFUSED:
            self._tell(self.budget.refusal)
        return ruling is Ruling.ALLOWED

    def _tell_what_is_left(self, speaker: Party) -> None:
        """Before the agent's turn, after the user's words: what it can still ask and spend, where that is counted."""
        if speaker is Party.AGENT and (note := self.budget.note):
            self._tell(note)

    def _tell(self, text: str) -> None:
        """The agent is told something that nobody says."""
        event = MessageEvent(party=Party.ENVIRONMENT, to=Party.AGENT, message=Message(text=text), given=True)
        self._emit(event, Party.AGENT)

    async def _open(self) -> Party:
        """Play what the task's data says was said before; returns who acts first."""
        history, greeting = self.setting.task.history, self.setting.pack.manifest.protocol.greeting
        if shown := tuple(ToolCall(name=name) for name in self.terms.shown):
            message = with_call_ids(Message(tool_calls=shown), self.call_ids)
            await self._call_tools(Party.AGENT, message, given=True)
        for entry in history:
            if entry.message.tool_calls:
                await self._call_tools(entry.party, entry.message, given=True)
            else:
                self._say(entry.party, _OTHER[entry.party], entry.message, given=True)
        if history:
            speaker = _OTHER[history[-1].party] if not history[-1].message.tool_calls else history[-1].party
            self._tell_what_is_left(speaker)
            return speaker
        if self.setting.mode.solo:
            return Party.AGENT
        if self.terms.relay:
            await self._relay({})
            return Party.AGENT
        if greeting is not None:
            self._say(Party.AGENT, Party.USER, Message(text=greeting), given=True)
        return Party.USER

    async def _relay(self, arguments: JsonObject) -> None:
        """Hand over the agent's reply and make the next request, which is all that the agent then sees; where there is
        none, the phase ends."""
        result = await self._execute(Party.USER, ToolCall(name=self.terms.relay, arguments=arguments))
        if result.error is not None:
            raise EnvironmentFault(f"{self.terms.relay}: {result.content}")
        if not result.content:
            await self._end_phase(Termination.USER_STOP, submitted=False)
        self.seen[Party.AGENT].clear()
        self._request(result.content)

    async def _act(self, party: Party) -> Message:
        """Ask a party for its message; what it does wrong becomes its fault."""
        if (end := self.ledger.before_act(party)) is not None:
            raise _Ended(end)
        started = perf_counter()
        try:
            message = await self.seats[party].act(self.views[party])
        finally:
            self.seconds[party] += perf_counter() - started
        self.ledger.acted(party, message.usage)
        if message.blank and not self.terms.relay:
            self._emit(MessageEvent(party=party, to=_OTHER[party], message=message), party)
            raise self.seats[party].fault("the reply says nothing, calls nothing and ends nothing")
        return with_call_ids(message, self.call_ids)

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
                result = await self._call(party, call, given=given)
                submitted = result if result.submitted else None
            self._emit(ToolEvent(party=party, name=call.name, result=result), party)
            if self.budget.last and submitted is None:
                # The last submission's arguments were wrong, so nothing was handed in.
                raise _Ended(Termination.BUDGET_EXHAUSTED)
        self.ledger.steps += not given
        if submitted is not None:
            self.budget.submitted()
            await self._end_phase(Termination.SUBMITTED, submitted=True)
        return submitted is not None

    async def _call(self, party: Party, call: ToolCall, *, given: bool) -> ToolResult:
        """Execute a call, if the agent's budget pays for it; what the task's data calls is free."""
        if party is not Party.AGENT or given:
            return await self._execute(party, call, free=party is Party.AGENT)
        ruling = self.budget.call(call.name, self.specs[party].get(call.name))
        if ruling is Ruling.ENDS:
            raise _Ended(Termination.BUDGET_EXHAUSTED)
        if ruling is Ruling.REFUSED:
            self.ledger.called(failed=True)
            content = f"Error: {self.budget.refusal}"
            return ToolResult(call_id=call.id, content=content, error=ToolErrorKind.REFUSED)
        result = await self._execute(party, call)
        if (note := self.budget.note) and not result.submitted:
            return result.model_copy(update={"content": f"{result.content}\n\n{note}"})
        return result

    async def _execute(self, party: Party, call: ToolCall, *, free: bool = False) -> ToolResult:
        spec = self.specs[party].get(call.name)
        started = perf_counter()
        waited = self.seconds["agent"] + self.seconds["user"]
        try:
            owner = Party.USER if call.name in self.lent else party
            if spec is None and not free and any(call.name == held.name for held in self.environment.tools(owner)):
                # The mode may give the agent, and the task the user, fewer tools than the environment has.
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
        if self.terms.tries is None or self.terms.tries > 1:
            self.phase_start = await self.environment.snapshot()

    async def _end_phase(self, why: Termination, *, submitted: bool) -> None:
        """Judge the phase; go on to the next or to another try, or end the episode by raising.

        An answer that can't be decided (its ground truth is withheld) doesn't keep the follow-up from being asked.
        """
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
        # Slow checks must not end the episode of an agent that was in time.
        self.deadline.reschedule(None)
        try:
            reward = await judge_phase(context)
        finally:
            spent = perf_counter() - started
            self.seconds["scoring"] += spent
            if due is not None:
                self.deadline.reschedule(due + spent)
        self.ledger.judged(context.judge_usage)
        self.tries += submitted
        self.judged[self.phase] = reward.model_copy(update={"tries": self.tries})
        passed = reward.value == 1.0
        open_ = submitted and not self.budget.last
        retry = open_ and reward.value == 0.0 and (self.terms.tries is None or self.tries < self.terms.tries)
        self.events.append(PhaseEvent(phase=self.phase, passed=passed, final=not retry))
        if retry:
            if self.phase_start is not None:
                await self.environment.restore(self.phase_start)
            self._request(_GO_ON if self.terms.tries is None else _ONCE_MORE)
        elif (passed if not submitted else open_ and reward.value != 0.0) and self._has_next_phase:
            self.phase += 1
            self.tries = 0
            await self.environment.next_phase(self.phase)
            await self._start_phase()
            self._request(self.setting.task.phases[self.phase].request)
        else:
            raise _Ended(why)

    @property
    def _has_next_phase(self) -> bool:
        return self.phase + 1 < len(self.setting.task.phases)

    def _request(self, text: str) -> None:
        """The user asks for something as the task's data, not the simulator, has it."""
        self._say(Party.USER, Party.AGENT, Message(text=text), given=True)
        self._tell_what_is_left(Party.AGENT)

    def _say(self, party: Party, to: Party, message: Message, *, given: bool = False) -> None:
        self._emit(MessageEvent(party=party, to=to, message=message, given=given), party, to)

    def _emit(self, event: Event, *seen_by: Party) -> None:
        self.events.append(event)
        for party in seen_by:
            self.seen[party].append(event)

    def _fault(self, party: Party | None, error: Exception) -> None:
        text = str(error) if isinstance(error, EpisodeFault) else f"{type(error).__name__}: {error}"
        self.events.append(FaultEvent(party=party, error=text))
