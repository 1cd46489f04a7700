"""A person at the terminal, as agent or as user: what is shown, what typed lines do, and how the input may end."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from agent_seat import TOOL

from harness.agents.typed import Look, NotUnderstood, read_typed
from harness.core.message import Message, Stop, ToolCall, ToolSpec
from harness.core.parsing import JsonObject

ROOT = Path(__file__).parents[2]
PROPERTIES: JsonObject = {
    "name": {"type": "string"},
    "count": {"type": "integer"},
    "tags": {"type": "array"},
    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
}
SET = ToolSpec(name="set", description="Sets.", parameters={"type": "object", "properties": PROPERTIES})
HELP = ToolSpec(name="help", description="Named like a command.", parameters={"type": "object", "properties": {}})


def calls(name: str, arguments: JsonObject) -> Message:
    return Message(tool_calls=(ToolCall(name=name, arguments=arguments),))


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("  Good day. ", Message(text="Good day.")),
        ("//me waves", Message(text="/me waves")),
        ("/stop", Message(stop=Stop.DONE)),
        ("/transfer over to you", Message(stop=Stop.TRANSFER, text="over to you")),
        ("/tools set", Look("tools", "set")),
        ("/help", Look("help")),
        ("/call help", calls("help", {})),
        ('/look {"at": "it"}', calls("look", {"at": "it"})),
        ("/look where a = 'b'", calls("look", {"at": "where a = 'b'"})),
        ("/look at=5", calls("look", {"at": "5"})),
        (
            "/set name='two words' count=3 tags='[1, 2]' note=null",
            calls("set", {"name": "two words", "count": 3, "tags": [1, 2], "note": None}),
        ),
        ("/set name=07 note=true other=true", calls("set", {"name": "07", "note": "true", "other": True})),
        ("/set", calls("set", {})),
    ],
)
def test_a_typed_line_means_what_the_help_says(line: str, meaning: Message | Look) -> None:
    assert read_typed(line, [TOOL, SET, HELP]) == meaning


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/lok at=it", "did you mean /look"),
        ("/", "is not known"),
        ("/call", "is not known"),
        ("/set three", "expected name=value"),
        ("/set name=a b", "expected name=value, got 'b'"),
        ("/set name='a", "No closing quotation"),
        ('/set {"name": ', "/set: Expecting value"),
        ('/set {"count": NaN}', "finite"),
    ],
)
def test_a_line_that_is_not_understood_says_why(line: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        read_typed(line, [TOOL, SET])


def run(tmp_path: Path, typed: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", "--out", "r", *arguments],
        input=typed,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_person_solves_a_task_as_the_agent(tmp_path: Path) -> None:
    typed = """\
/lst_actions
/run_action identifier=is.workflow.actions.setbrightness \\
  parameters='{"WFBrightness": 0.2}'
Done!
/stop
"""
    told = run(tmp_path, typed, "--agent", "human", "--suite", "shortcuts-daily", "--task", "dim-the-screen")
    assert "user: My eyes hurt." in told
    assert "- run_action(" in told
    assert "did you mean /list_actions?" in told
    assert "100.0%" in told


def test_a_person_plays_the_user_by_the_scenario_and_its_tools(tmp_path: Path) -> None:
    typed = "My phone has no service\n/toggle_airplane_mode\nI switched it off\n/stop\n"
    told = run(
        tmp_path, typed, "--agent", "oracle", "--user", "human", "--suite", "telecom-desk:lite",
        "--task", "airplane-mode-left-on",
    )  # fmt: skip
    assert "What you know, and tell when you are asked:" in told
    assert "agent: Please do this on your side" in told
    assert "[toggle_airplane_mode]" in told
    assert "user_stop 1" in told


def test_the_end_of_the_input_ends_every_conversation_politely(tmp_path: Path) -> None:
    told = run(tmp_path, "Hello", "--agent", "human", "--suite", "shortcuts-daily:lite", "--concurrency", "8")
    assert told.count("the input has ended") == 10
    assert "agent_stop 10" in told


def test_a_terminal_is_not_disturbed_by_a_progress_bar_and_knows_ctrl_d(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    arguments = ["--agent", "human", "--suite", "shortcuts-daily", "--task", "tip", "--task", "dim-the-screen"]
    person = subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "--out", "r", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = ""

    def until(text: str, times: int) -> None:
        nonlocal shown
        by = time.monotonic() + 60
        while shown.count(text) < times and time.monotonic() < by:
            if select.select([master], [], [], 1)[0]:
                shown += os.read(master, 65536).decode(errors="replace")
        assert shown.count(text) >= times, shown

    until("agent> ", 1)
    os.write(master, b"\x04")
    until("agent> ", 2)
    os.write(master, b"/stop\n")
    until("run: r", 1)
    assert person.wait(timeout=30) == 0
    os.close(master)
    assert "\x1b[?25l" not in shown, "a progress bar hides the cursor"
    assert "\x1b[32muser: " in shown
