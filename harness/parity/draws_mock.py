"""Plausible calls of the mock domain."""

from __future__ import annotations

from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.parity.random_calls import Live


def draw(live: Live, party: Party, tool: str) -> JsonObject | None:
    """Arguments for a tool; `None` where the domain doesn't know it."""
    rng = live.rng
    task = f"task_{rng.randint(1, 6)}"
    match tool:
        case "create_task":
            given: JsonObject = {"user_id": "user_1", "title": rng.choice(["Review", "Call back", ""])}
            return {**given, "description": "What to do"} if rng.random() < 0.5 else given
        case "update_task_status":
            return {"task_id": task, "status": rng.choice(["pending", "completed"])}
        case "transfer_to_human_agents":
            return {"summary": "The user insists on a person"}
        case "dismiss_notification":
            return {"notification_id": rng.choice(["notif_1", "notif_2", "notification_1"])}
        case "get_users" | "check_notifications":
            return {}
    return None
