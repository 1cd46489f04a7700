"""The stdio door: what a command says becomes a message, what it does wrong its own error, and nothing of it stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from agent_seat import as_agent, gone, said, view

from harness.agents.load import agent_identity, check_agent
from harness.agents.stdio import StdioAgent
from harness.core.errors import AgentFault, EpisodeFault, InputError, ModelFault
from harness.core.event import MessageEvent, ToolEvent
from harness.core.message import Message, Party, Stop, ToolCall, ToolErrorKind, ToolResult
from harness.core.parsing import parse_pairs

ROOT = Path(__file__).parents[2]
Program = Callable[[str], list[str]]
Bench = Callable[..., subprocess.CompletedProcess[str]]

ECHO = """
for line in sys.stdin:
    got = json.loads(line)
    if got["type"] == "episode":
        opened = got
    elif got["type"] == "turn":
        print(json.dumps({"turn": got["turn"], "text": json.dumps({"opened": opened, "got": got})}), flush=True)
"""


def acts(command: list[str], turns: int = 1, timeout_s: float = 60.0) -> list[Message]:
    """What the command answers to some turns; it is closed afterwards whatever happened."""

    async def play() -> list[Message]:
        agent = StdioAgent(command, timeout_s)
        try:
            return [await agent.act(view(said(Party.USER, "Hi"))) for _ in range(turns)]
        finally:
            await agent.close()

    return asyncio.run(play())


def test_a_command_is_told_the_episode_once_and_each_event_once(program: Program) -> None:
    history = [said(Party.USER, "Hi")]

    async def play() -> list[Message]:
        agent = StdioAgent(program(ECHO), 20.0)
        first = await agent.act(view(*history))
        call = ToolCall(id="c1", name="look", arguments={"at": "ü\u2028"})
        marked = Message(tool_calls=(call,), raw="I think", marks=("leak: reference SQL",))
        history.append(MessageEvent(party=Party.AGENT, to=Party.ENVIRONMENT, message=marked))
        result = ToolResult(call_id="c1", content="seen", error=ToolErrorKind.REFUSED)
        history.append(ToolEvent(party=Party.AGENT, name="look", result=result))
        second = await agent.act(view(*history))
        await agent.close()
        return [first, second]

    first, second = (json.loads(message.text) for message in asyncio.run(play()))
    opened = first["opened"]
    assert (opened["protocol"], opened["instructions"], opened["seed"]) == (1, "Be kind.", 7)
    assert opened["tools"][0]["name"] == "look"
    assert first["got"]["events"] == [{"type": "message", "party": "user", "text": "Hi"}]
    called, result = second["got"]["events"]
    assert called["tool_calls"] == [{"id": "c1", "name": "look", "arguments": {"at": "ü\u2028"}}]
    assert set(called) == {"type", "party", "text", "tool_calls"}, "raw words and guards' marks are for readers only"
    assert (result["name"], result["content"], result["error"]) == ("look", "seen", "refused")
    assert second["opened"]["episode"] == opened["episode"]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"turn": 0, "text": "Hello"}, Message(text="Hello")),
        ({"stop": "transfer", "turn": 0}, Message(stop=Stop.TRANSFER)),
        (
            {"turn": 0, "tool_calls": [{"name": "look", "arguments": {"at": "it"}}]},
            Message(tool_calls=(ToolCall(name="look", arguments={"at": "it"}),)),
        ),
    ],
)
def test_a_reply_becomes_the_message_that_it_says(program: Program, reply: object, message: Message) -> None:
    line = json.dumps(reply)
    assert acts(program(f"sys.stdin.readline(); sys.stdin.readline(); print({line!r}, flush=True)")) == [message]


@pytest.mark.parametrize(
    ("code", "fault", "said_why"),
    [
        ("sys.exit('no key')", AgentFault, "the command ended with exit code 1\n  | no key"),
        ("os.kill(os.getpid(), 9)", AgentFault, "the command was killed by signal 9"),
        ("print('Loading…', flush=True); time.sleep(60)", AgentFault, "not a reply: .*it was 'Loading…'"),
        ("print(json.dumps({'txt': 'Hi'}), flush=True); time.sleep(60)", AgentFault, "unknown key 'txt'.*'text'"),
        ("print('[1, 2]', flush=True); time.sleep(60)", AgentFault, "not a reply"),
        ("print('[' * 100000, flush=True); time.sleep(60)", AgentFault, "not a reply"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush(); time.sleep(60)", AgentFault, "not a reply"),
        ("print('{\"turn\": 4}', flush=True); time.sleep(60)", AgentFault, "answered turn 4 when turn 0 was asked"),
        ("sys.stdout.write('x' * 9_000_000); sys.stdout.flush(); time.sleep(60)", AgentFault, "more than 4 MiB"),
        ("os.close(1); time.sleep(60)", AgentFault, "the command closed its standard output"),
        ('print(\'{"text": "Hi"}\', flush=True); time.sleep(60)', AgentFault, 'must say which .* "turn": 0'),
        ('print(\'{"turn": 0, "error": "lost"}\', flush=True)', AgentFault, "the agent gave up: lost"),
        ('print(\'{"turn": 0, "provider_error": "429"}\', flush=True)', ModelFault, "the agent's provider: 429"),
    ],
)
def test_what_a_command_does_wrong_is_its_error_with_its_last_words(
    program: Program, code: str, fault: type[EpisodeFault], said_why: str
) -> None:
    with pytest.raises(fault, match=said_why):
        acts(program(code))


def test_a_program_that_the_system_cannot_run_is_the_agents_error(tmp_path: Path) -> None:
    script = tmp_path / "agent"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with pytest.raises(AgentFault, match=r"exit code 127\n  \| .*agent: No such file"):
        acts([str(script)])


def test_a_command_that_dies_after_a_good_turn_ends_the_second(program: Program) -> None:
    code = 'sys.stdin.readline(); sys.stdin.readline(); print(\'{"turn": 0, "text": "Hi"}\', flush=True); sys.exit(3)'
    with pytest.raises(AgentFault, match="exit code 3"):
        acts(program(code), turns=2)


def test_a_second_line_in_a_turn_is_not_taken_for_the_next_turns_answer(program: Program) -> None:
    code = """
for text in ("one", "two"):
    print(json.dumps({"turn": 0, "text": text}), flush=True)
time.sleep(60)
"""
    with pytest.raises(AgentFault, match=r"answered turn 0 when turn 1 was asked: .*two"):
        acts(program(code), turns=2)


def test_silence_ends_with_the_turns_time_and_the_command_is_killed(program: Program, tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); print('hm', file=sys.stderr); time.sleep(60)"
    with pytest.raises(AgentFault, match=r"no answer within 3 s\n  \| hm"):
        acts(program(code), timeout_s=3.0)
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_flood_of_log_lines_holds_up_neither_the_agent_nor_us(program: Program) -> None:
    code = """
sys.stdin.readline(); sys.stdin.readline()
for number in range(20000):
    print("log line", number, "x" * 40, file=sys.stderr)
print('{"turn": 0, "text": "done"}', flush=True)
"""
    assert acts(program(code)) == [Message(text="done")]


LEAVES_CHILDREN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
left = [subprocess.Popen(["sleep", "1000"], start_new_session=new) for new in (False, True)]
open(sys.argv[0] + ".pids", "w").write(" ".join(str(pid) for pid in [os.getpid(), *(one.pid for one in left)]))
for line in sys.stdin:
    if json.loads(line)["type"] == "turn":
        print('{"turn": 0, "text": "Hi"}', flush=True)
time.sleep(STAYS)
"""


@pytest.mark.parametrize("stays", [0, 1000])
def test_nothing_that_a_command_started_outlives_the_episode(program: Program, stays: int) -> None:
    command = program(LEAVES_CHILDREN.replace("STAYS", str(stays)))
    assert acts(command) == [Message(text="Hi")]
    pids = [int(pid) for pid in Path(f"{command[1]}.pids").read_text().split()]
    assert len(pids) == 3
    assert all(gone(pid) for pid in pids), "the one that left its session too"


SILENT = LEAVES_CHILDREN.replace("print(", "0 and print(").replace("STAYS", "1000")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_a_stopped_harness(program: Program, tmp_path: Path, number: signal.Signals) -> None:
    command = program(SILENT)
    arguments = ["run", "--suite", "sql-shop", "--task", "low-stock", "--agent", as_agent("stdio", command)]
    harness = subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments, "--out", "r"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    written = Path(f"{command[1]}.pids")
    until = time.monotonic() + 60
    while not (written.exists() and written.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    pids = [int(pid) for pid in written.read_text().split()]
    harness.send_signal(number)
    _, told = harness.communicate(timeout=60)
    assert [pid for pid in pids if not gone(pid)] == []
    if number is signal.SIGINT:
        assert (harness.returncode, "bench run --resume r" in told) == (130, True), told


def test_a_command_that_fails_in_some_episodes_leaves_the_others_alone(
    bench: Bench, program: Program, tmp_path: Path
) -> None:
    code = """
for line in sys.stdin:
    got = json.loads(line)
    if got["type"] == "turn" and "screen" in got["events"][0]["text"]:
        sys.exit("Traceback: boom")
    if got["type"] == "turn":
        print(json.dumps({"turn": got["turn"], "stop": "done"}), flush=True)
"""
    done = bench("run", "--agent", as_agent("stdio", program(code)), "--suite", "shortcuts-daily:lite", "--out", "r")
    assert done.returncode == 0, done.stderr
    assert "agent_error 1" in done.stdout
    assert "agent_stop 9" in done.stdout
    assert "| Traceback: boom" in bench("show", "r", "dim-the-screen").stdout


@pytest.mark.parametrize(
    ("agent", "said_why"),
    [
        ("stdio:no-such-command --x", "command 'no-such-command' was not found"),
        ("stdio:", "names no command"),
        ("stdio:python 'agent", "No closing quotation"),
    ],
)
def test_a_command_that_cannot_start_is_refused(agent: str, said_why: str) -> None:
    with pytest.raises(InputError, match=said_why):
        check_agent(agent)


def test_a_refused_command_is_one_message_and_leaves_nothing_behind(bench: Bench, tmp_path: Path) -> None:
    done = bench("run", "--agent", "stdio:no-such-command", "--suite", "sql-shop", "--out", "r")
    assert (done.returncode, done.stderr.count("\n"), "Traceback" in done.stderr) == (2, 2, False), done.stderr
    assert not (tmp_path / "r").exists()


def test_a_run_holds_the_command_and_its_options_but_no_key(bench: Bench, program: Program, tmp_path: Path) -> None:
    command = [
        *program("print('{\"turn\": 0, \"stop\": \"done\"}' if sys.argv[2] == 'sk-12345678' else '')"),
        "--key",
        "sk-12345678",
    ]
    agent = as_agent("stdio", command)
    told = ("--suite", "sql-shop", "--task", "low-stock", "--agent-option", "timeout_s=30", "--out", "r")
    done = bench("run", "--agent", agent, *told, AGENT_KEY="sk-12345678")
    assert "agent_stop 1" in done.stdout, done.stdout + done.stderr
    identity = json.loads((tmp_path / "r" / "run.json").read_text())["agent"]
    assert identity["name"].endswith("--key <AGENT_KEY>")
    assert identity["options"] == {"timeout_s": 30.0}
    assert "sk-12345678" not in "".join(path.read_text() for path in (tmp_path / "r").rglob("*.json*"))
    for segment in (tmp_path / "r" / "attempts").glob("*.jsonl"):
        segment.unlink()
    lost = bench("run", "--resume", "r")
    assert (lost.returncode, "AGENT_KEY, which is not set" in lost.stderr) == (2, True), lost.stderr
    again = bench("run", "--resume", "r", AGENT_KEY="sk-12345678")
    assert "agent_stop 1" in again.stdout, again.stdout + again.stderr


@pytest.mark.parametrize(
    ("agent", "option", "why"),
    [
        ("stdio:cat", "timeot_s=3", "unknown key 'timeot_s'.*did you mean 'timeout_s'"),
        ("stdio:cat", "timeout_s=soon", "field 'timeout_s'.*soon"),
        ("stdio:cat", "timeout_s=0", "greater than 0"),
        ("stdio:cat", "timeout_s", "expected KEY=VALUE"),
        ("random", "speak=2", "less than or equal to 1"),
        ("oracle", "timeout_s=3", "agent 'oracle' takes no options"),
    ],
)
def test_an_option_that_the_agent_does_not_have_is_refused(agent: str, option: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        agent_identity(agent, None, "auto", parse_pairs([option], option="--agent-option"))
