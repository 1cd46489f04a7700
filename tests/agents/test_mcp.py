"""The mcp door: an episode's tools as a server for real MCP clients, and what becomes of clients that misbehave."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from agent_seat import TOOL, gone, said
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from harness.agents.doors import McpOptions
from harness.agents.mcp import McpAgent, open_mcp
from harness.agents.mcp_host import open_host
from harness.agents.mcp_server import Chair
from harness.agents.moves import Moves
from harness.core.message import Message, Party, ToolSpec
from harness.core.mode import Mode
from harness.core.protocols import View
from harness.core.record import Record
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from simulators.scripted import ScriptedUser

ROOT = Path(__file__).parents[2]
Program = Callable[[str], list[str]]
Bench = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    pack = load_pack(find_pack("sql-shop"))
    template = open_pack(pack)
    yield Setting.of(pack, "low-stock", template)
    template.close()


def served(setting: Setting, client: Callable[[Client], Awaitable[None]]) -> Record:
    """The record of an episode that an MCP client plays."""

    async def run() -> Record:
        moves = Moves(20.0)

        async def connect() -> None:
            view = await moves.view()
            assert view is not None
            async with Client(Chair(moves, view).server()) as connected:
                await client(connected)
            moves.leave("the client left")

        episode = asyncio.create_task(play(setting, moves, ScriptedUser(setting.task)))
        await connect()
        return (await episode).record

    return asyncio.run(run())


async def call(client: Client, name: str, **arguments: object) -> tuple[list[str], bool]:
    result = await client.call_tool(name, arguments)
    return [block.text for block in result.content], bool(result.is_error)  # type: ignore[union-attr]


def test_a_client_finds_the_policy_the_request_and_every_tool(setting: Setting) -> None:
    async def look(client: Client) -> None:
        told = client.instructions or ""
        assert setting.policy in told
        assert "The user says: Which products are running low?" in told
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"submit_sql", "send_message_to_user", "finish", "read_conversation"} <= set(tools)
        assert tools["submit_sql"].input_schema["required"] == ["sql"]
        (read,), _ = await call(client, "read_conversation")
        assert read == told
        await call(client, "finish")

    assert served(setting, look).termination is Termination.AGENT_STOP


def test_a_result_holds_the_follow_up_request_and_the_last_one_the_end(setting: Setting) -> None:
    first, second = (
        next(
            step.arguments["sql"] for step in phase.reference or () if step.type == "call" and step.tool == "submit_sql"
        )
        for phase in setting.task.phases
    )

    async def solve(client: Client) -> None:
        (rows, request), failed = await call(client, "submit_sql", sql=first)
        assert "rows" in rows
        assert not failed
        assert request == f"The user says: {setting.task.phases[1].request}"
        (rows, over), _ = await call(client, "submit_sql", sql=second)
        assert "rows" in rows
        assert over.startswith("The conversation is over")
        assert (await call(client, "get_schema"))[0] == [over]
        assert (await call(client, "send_message_to_user", message="Bye"))[0] == [over]

    record = served(setting, solve)
    assert (record.reward.value, record.turns) == (1.0, 2)


def test_wrong_calls_are_results_that_the_client_sees(setting: Setting) -> None:
    async def blunder(client: Client) -> None:
        assert (await call(client, "no_such_tool"))[1]
        (why,), failed = await call(client, "submit_sql", query=3)
        assert failed
        assert "sql" in why
        assert (await call(client, "send_message_to_user", message="  "))[1]
        assert (await call(client, "send_message_to_user", text="Hi"))[1]
        await call(client, "finish")

    record = served(setting, blunder)
    assert (record.tool_calls, record.turns) == (2, 3), "what can't be said isn't a turn"


def test_calls_made_at_once_are_played_one_after_the_other(setting: Setting) -> None:
    async def hurry(client: Client) -> None:
        several = [call(client, "execute_sql", sql=f"select {number} as n") for number in range(5)]
        results = await asyncio.gather(*several)
        assert [(str(number) in text, failed) for number, ((text,), failed) in enumerate(results)] == [
            (True, False)
        ] * 5
        await call(client, "finish")

    assert served(setting, hurry).tool_calls == 5


def test_what_a_client_no_longer_waits_for_is_told_with_the_next_result() -> None:
    async def run() -> None:
        moves, history = Moves(5.0), [said(Party.USER, "Hi")]
        view = View(Party.AGENT, "", (TOOL,), history, 1)
        moves.begin(view)
        impatient = asyncio.create_task(moves.make(Message(text="One")))
        await asyncio.sleep(0)
        assert (await moves.act(view)).text == "One"
        impatient.cancel()
        history.append(said(Party.USER, "An answer"))
        asked = asyncio.create_task(moves.make(Message(text="Two")))
        assert (await moves.act(view)).text == "Two"
        history.append(said(Party.USER, "Another"))
        await moves.close()
        outcome = await asked
        assert [event.message.text for event in outcome.events] == ["An answer", "Another"]  # type: ignore[union-attr]
        assert outcome.over

    asyncio.run(run())


def test_a_client_that_leaves_has_stopped_and_one_that_did_nothing_has_failed(setting: Setting) -> None:
    async def look(client: Client) -> None:
        await call(client, "get_schema")

    async def idle(client: Client) -> None:
        await client.list_tools()

    assert served(setting, look).termination is Termination.AGENT_STOP
    record = served(setting, idle)
    assert record.termination is Termination.AGENT_ERROR
    assert record.events[-1].error == "the client left and had called no tool"  # type: ignore[union-attr]


def test_our_tools_make_room_for_the_environments() -> None:
    view = View(Party.AGENT, "", (ToolSpec(name="finish", description="A race.", parameters={}),), (), 1)
    server = Chair(Moves(1.0), view)
    assert [spec.name for spec in server._tools()][::2] == ["finish", "parley_finish"]
    alone = View(Party.AGENT, "The ticket", (TOOL,), (), 1, Mode.NO_USER)
    assert [spec.name for spec in Chair(Moves(1.0), alone)._tools()] == ["look", "finish", "read_conversation"]


def by_command(setting: Setting, argv: list[str], **options: float) -> Record:
    async def run() -> Record:
        async with open_mcp(argv, McpOptions(grace_s=0.5, **options)) as make:
            agent = make()
            assert isinstance(agent, McpAgent)
            return (await play(setting, agent, ScriptedUser(setting.task))).record

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print('no key')", "the command ended with exit code 0 and had called no tool\n  | no key"),
        ("sys.exit('no key')", "the command ended with exit code 1\n  | no key"),
        ("print('x' * 10**7 + '\\nend'); sys.exit(2)", "the command ended with exit code 2\n  | end"),
        ("os.kill(os.getpid(), 15)", "the command was killed by signal 15"),
        ("print('hm', flush=True); time.sleep(60)", "no tool was called for 3 s\n  | hm"),
    ],
)
def test_a_command_that_does_not_play_is_the_agents_error(
    setting: Setting, program: Program, code: str, why: str
) -> None:
    record = by_command(setting, program(code), timeout_s=3.0 if "sleep" in code else 60.0)
    assert record.termination is Termination.AGENT_ERROR
    error = record.events[-1].error  # type: ignore[union-attr]
    assert (error.splitlines()[0], error.splitlines()[-1]) == (why.splitlines()[0], why.splitlines()[-1])


CALLS = """
import asyncio
from mcp.client.client import Client

async def main():
    async with Client(os.environ["PARLEY_MCP_URL"]) as client:
        await client.call_tool("get_schema", {})
        AFTER

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("after", "termination"),
    [
        ("pass", Termination.AGENT_STOP),
        ("os._exit(3)", Termination.AGENT_ERROR),
    ],
)
def test_how_a_command_ends_after_its_calls_decides(
    setting: Setting, program: Program, after: str, termination: Termination
) -> None:
    record = by_command(setting, program(CALLS.replace("AFTER", after)))
    assert (record.termination, record.tool_calls) == (termination, 1)


def test_a_command_is_told_where_the_server_is_and_what_to_do_and_is_ended(
    setting: Setting, program: Program, tmp_path: Path
) -> None:
    code = """
told = sys.argv[2:]
told.append(os.environ["PARLEY_MCP_URL"])
told.append(json.load(open(os.environ["PARLEY_MCP_CONFIG"])))
told.append(open(os.environ["PARLEY_PROMPT_FILE"]).read())
child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
json.dump([os.getpid(), child.pid, told], open(sys.argv[1], "w"))
time.sleep(1000)
"""
    told = tmp_path / "told.json"
    by_command(setting, [*program(code), str(told), "--to={url}", "{config}", "{prompt} {x}"], timeout_s=4.0)
    own, child, (to, config, prompt, url, configured, told_prompt) = json.loads(told.read_text())
    assert to == f"--to={url}"
    assert url.startswith("http://127.0.0.1:")
    assert configured == {"mcpServers": {"parley": {"type": "http", "url": url}}}
    assert prompt == f"{told_prompt} {{x}}"
    assert setting.policy in prompt
    assert not Path(config).exists()
    assert gone(own)
    assert gone(child)


def test_only_the_episodes_own_path_and_this_machines_names_lead_to_it() -> None:
    def status(url: str, **headers: str) -> int:
        request = urllib.request.Request(url, b"{}", {"content-type": "application/json", **headers})
        try:
            return int(urllib.request.urlopen(request, timeout=10).status)
        except urllib.error.HTTPError as error:
            return int(error.code)

    async def run() -> list[int]:
        async with open_host() as host:
            moves = Moves(1.0)
            hosted = await host.serve(Chair(moves, View(Party.AGENT, "", (TOOL,), (), 1)).server())
            other = hosted.url.replace("/mcp", "x/mcp")
            found = [
                await asyncio.to_thread(status, other),
                await asyncio.to_thread(status, hosted.url, Host="evil.example"),
                await asyncio.to_thread(status, hosted.url, Origin="http://evil.example"),
            ]
            await hosted.end()
            return [*found, await asyncio.to_thread(status, hosted.url)]

    assert asyncio.run(run()) == [404, 421, 403, 404]


def test_an_episode_is_served_over_stdio_and_on_disk_before_the_client_leaves(tmp_path: Path) -> None:
    asking = ["serve", "mcp", "--suite", "shortcuts-daily", "--task", "dim-the-screen", "--stdio", "--out", "r"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "harness", *asking], cwd=tmp_path, env=environment
    )

    async def play_it() -> str:
        async with Client(command) as client:
            assert "screen" in (client.instructions or "")
            await call(client, "finish")
            (segment,) = (tmp_path / "r" / "attempts").glob("*.jsonl")
            return segment.read_text()

    record = json.loads(asyncio.run(play_it()))["record"]
    assert (record["task"], record["termination"], record["agent"]) == ("dim-the-screen", "agent_stop", "mcp")


def test_serving_needs_one_trial_and_a_run_needs_a_command(bench: Bench, tmp_path: Path) -> None:
    for arguments, why in (
        (("serve", "mcp", "--suite", "sql-shop", "--task", "nope"), "unknown task 'nope'"),
        (("run", "--suite", "sql-shop", "--agent", "mcp"), "there is no command to start"),
    ):
        done = bench(*arguments)
        assert (done.returncode, why in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    assert not (tmp_path / "runs").exists()
