"""The scripted agent in the chair of an A2A agent, by the protocol's own library.

Turns are answered by a plain message, by a task that asks for the next turn's input, or by one that completes.
"""

from __future__ import annotations

from a2a.helpers.proto_helpers import new_data_artifact, new_data_message, new_task
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events.event_queue_v2 import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes.agent_card_routes import create_agent_card_routes
from a2a.server.routes.jsonrpc_routes import create_jsonrpc_routes
from a2a.server.tasks.inmemory_task_store import InMemoryTaskStore
from a2a.server.tasks.task_updater import TaskUpdater
from a2a.types.a2a_pb2 import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, TaskState
from google.protobuf.json_format import MessageToDict
from scripted_agents import Script, answer_turn
from starlette.applications import Starlette


class ScriptedExecutor(AgentExecutor):
    """Answers each turn as the script has it."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._openings: dict[str, str] = {}

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        assert context.message is not None
        data = next(MessageToDict(part.data) for part in context.message.parts if part.HasField("data"))
        turn = data["turn"]
        reply = answer_turn(self._script, context.context_id or "", self._openings, turn)
        number = int(turn["turn"])
        if number % 3 == 0 and context.current_task is None:
            await event_queue.enqueue_event(new_data_message(reply, context_id=context.context_id))
            return
        updater = TaskUpdater(event_queue, context.task_id or "", context.context_id or "")
        if context.current_task is None:
            submitted = TaskState.TASK_STATE_SUBMITTED
            await event_queue.enqueue_event(new_task(context.task_id or "", context.context_id or "", submitted))
        await updater.start_work()
        if number % 3 == 1:
            await updater.requires_input(
                new_data_message(reply, context_id=context.context_id, task_id=context.task_id)
            )
        else:
            await updater.add_artifact(new_data_artifact("reply", reply).parts)
            await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()


def sdk_app(url: str, script: Script, version: str) -> Starlette:
    """An ASGI application at `url` that speaks a version of the protocol."""
    card = AgentCard(
        name="scripted",
        description="Does as it is told.",
        version="1",
        supported_interfaces=[AgentInterface(url=f"{url}/rpc", protocol_binding="JSONRPC", protocol_version=version)],
        capabilities=AgentCapabilities(),
        default_input_modes=["application/json"],
        default_output_modes=["application/json"],
        skills=[AgentSkill(id="play", name="play", description="Plays.", tags=["play"])],
    )
    handler = DefaultRequestHandler(ScriptedExecutor(script), InMemoryTaskStore(), card)
    rpc = create_jsonrpc_routes(handler, "/rpc", enable_v0_3_compat=version == "0.3")
    return Starlette(routes=[*create_agent_card_routes(card), *rpc])
