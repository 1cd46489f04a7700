"""One deterministic agent in a form for each door: it knows by the user's first words what to do at each turn.

Run as a program it is the one of `stdio` or `mcp`; the file of its script is named by SCRIPT in the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

Act = dict[str, Any]


class Script:
    """What to do, by the user's first words and the number of the turn."""

    def __init__(self, acts: dict[str, list[Act]]) -> None:
        self.acts = acts
        self._turns: dict[str, int] = {}

    @classmethod
    def read(cls) -> Script:
        return cls(json.loads(Path(os.environ["SCRIPT"]).read_text()))

    def next(self, opening: str, episode: str = "") -> Act:
        """The act of an episode's next turn."""
        turn = self._turns[episode] = self._turns.get(episode, -1) + 1
        return self.acts[opening][turn]


class Agent:
    """The one of `module:Class`."""

    def __init__(self) -> None:
        self._script = Script.read()

    def act(self, view: Any) -> Any:
        from harness import Message
        from harness.core.parsing import parse

        opening = next(event.message.text for event in view.history if event.party == "user")
        return parse(Message, self._script.next(opening), where="script")


def answer_turn(script: Script, episode: str, openings: dict[str, str], turn: Act) -> Act:
    """The reply to a `turn` object, for doors that carry them."""
    for event in turn["events"]:
        if event["type"] == "message" and event["party"] == "user":
            openings.setdefault(episode, event["text"])
    return script.next(openings[episode], episode)


def speak_json_lines() -> None:
    script, openings = Script.read(), {}
    for line in sys.stdin:
        got = json.loads(line)
        if got["type"] == "turn":
            print(json.dumps({**answer_turn(script, "", openings, got), "turn": got["turn"]}), flush=True)


async def be_an_mcp_client(mode: str) -> None:
    from mcp.client.client import Client

    script = Script.read()
    async with Client(os.environ["PARLEY_MCP_URL"], mode=mode) as client:
        told = (await client.call_tool("read_conversation", {})).content[0].text
        opening = next(known for known in script.acts if f"The user says: {known}" in told)
        for act in script.acts[opening]:
            for call in act.get("tool_calls", ()):
                await client.call_tool(call["name"], call["arguments"])
            if act.get("text"):
                await client.call_tool("send_message_to_user", {"message": act["text"]})
            if act.get("stop"):
                await client.call_tool("finish", {})


def chat_answer(script: Script, episode: str, body: Act) -> Act:
    """The chat completion that answers a posted chat."""
    opening = next(part["content"] for part in body["messages"] if part["role"] == "user")
    act = script.next(opening, episode)
    message: Act = {"role": "assistant", "content": act.get("text") or ""}
    if act.get("stop"):
        message["content"] += "###STOP###"
    if calls := act.get("tool_calls"):
        message["tool_calls"] = [
            {
                "id": f"c{number}",
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])},
            }
            for number, call in enumerate(calls)
        ]
    return {"choices": [{"message": message}]}


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        speak_json_lines()
    else:
        asyncio.run(be_an_mcp_client(sys.argv[2]))
