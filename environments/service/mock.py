"""τ²'s `mock` domain: tasks of users at the desk, an inbox of notifications at the user.

Names, parameters, effects and result texts are upstream's (the benchmark's interface).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BaseModel, WithJsonSchema

from environments.service.domain import Domain, Side, Toolkit, helper, probe
from environments.service.state import Record, Schema, State, Table
from environments.service.wire import wire
from environments.toolkit import ToolFailure, tool
from harness.core.message import Party

Status = Annotated[str, WithJsonSchema({"type": "string", "enum": ["pending", "completed"]})]
"""Upstream stores whatever status a call names; only the policy forbids others."""


@dataclass(frozen=True, slots=True)
class Job(Record):
    """A task, called a job here because a benchmark's task is something else."""

    task_id: str
    title: str
    description: str | None = None
    status: str = "pending"


@dataclass(frozen=True, slots=True)
class Member(Record):
    """A user of the task list, with the ids of their tasks."""

    user_id: str
    name: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notification(Record):
    """A message in the user's inbox."""

    notification_id: str
    message: str
    status: Literal["unread", "read"] = "unread"
    task_id: str | None = None


class Task(BaseModel):
    """A job as upstream makes it: pydantic's complaint about a wrong title is what its caller sees."""

    task_id: str
    title: str
    description: str | None = None


JOBS = Table("tasks", Job)
MEMBERS = Table("users", Member)
NOTIFICATIONS = Table("notifications", Notification)


class MockAgentTools(Toolkit):
    """The desk."""

    upstream_name = "MockTools"

    @tool(writes=True)
    def create_task(self, user_id: str, title: str, description: str | None = None) -> str:
        """Put a new, pending task on a user's list.

        Args:
            user_id: Id of the user who gets the task.
            title: What the task is called.
            description: What is to be done.
        """
        member = self.state.get(MEMBERS, user_id)
        if member is None:
            raise ToolFailure(f"User {user_id} not found")
        made = Task(task_id=f"task_{self.state.count(JOBS) + 1}", title=title, description=description)
        job = Job(made.task_id, made.title, made.description)
        self.state.put(JOBS, job.task_id, job)
        self.state.put(MEMBERS, user_id, replace(member, tasks=(*member.tasks, job.task_id)))
        return wire(job)

    @tool()
    def get_users(self) -> str:
        """List all users with the ids of their tasks."""
        return wire(list(self.state.rows(MEMBERS)))

    @tool(writes=True)
    def update_task_status(self, task_id: str, status: Status) -> str:
        """Change the status of a task.

        Args:
            task_id: Id of the task.
            status: The new status.
        """
        job = replace(self._job(task_id), status=status)
        self.state.put(JOBS, task_id, job)
        return wire(job)

    @tool()
    def transfer_to_human_agents(self, summary: str) -> str:
        """Hand the user over to a human agent: for what the policy and these tools can't solve, or when
        the user insists on a person.

        Args:
            summary: What the user needs, in a sentence or two.
        """
        return "Transfer successful"

    @probe
    def assert_number_of_tasks(self, user_id: str, expected_number: int) -> bool:
        """Whether a user has so many tasks."""
        member = self.state.get(MEMBERS, user_id)
        if member is None:
            raise ToolFailure(f"User {user_id} not found")
        return len(member.tasks) == expected_number

    @probe
    def assert_task_status(self, task_id: str, expected_status: str) -> bool:
        """Whether a task has this status."""
        return self._job(task_id).status == expected_status

    def _job(self, task_id: str) -> Job:
        job = self.state.get(JOBS, task_id)
        if job is None:
            raise ToolFailure(f"Task {task_id} not found")
        return job


class MockUserTools(Toolkit):
    """The user's inbox."""

    upstream_name = "MockUserTools"

    @tool(party=Party.USER)
    def check_notifications(self) -> str:
        """Read all notifications in your inbox, dismissed ones too."""
        return wire(list(self.state.rows(NOTIFICATIONS)))

    @tool(party=Party.USER, writes=True)
    def dismiss_notification(self, notification_id: str) -> str:
        """Dismiss a notification: it counts as read from then on.

        Args:
            notification_id: Id of the notification.
        """
        self.state.put(NOTIFICATIONS, notification_id, replace(self._notification(notification_id), status="read"))
        return f"Notification {notification_id} dismissed"

    @helper
    def add_notification(self, notification_id: str, message: str, task_id: str | None = None) -> str:
        """Put an unread notification into the inbox, in place of one with the same id."""
        notification = Notification(notification_id, message, task_id=task_id)
        self.state.put(NOTIFICATIONS, notification_id, notification)
        return wire(notification)

    @probe
    def assert_notification_status(self, notification_id: str, expected_status: str) -> bool:
        """Whether a notification has this status."""
        return self._notification(notification_id).status == expected_status

    def _notification(self, notification_id: str) -> Notification:
        notification = self.state.get(NOTIFICATIONS, notification_id)
        if notification is None:
            raise ToolFailure(f"Notification {notification_id} not found")
        return notification


def _no_sync(agent: State, user: State) -> None:
    """The two sides share nothing."""


DOMAIN = Domain(
    "mock",
    agent=Side(Schema(JOBS, MEMBERS), MockAgentTools),
    user=Side(Schema(NOTIFICATIONS), MockUserTools),
    sync=_no_sync,
)
