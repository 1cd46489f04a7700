"""The airline domain: a desk; its users have no tools."""

from __future__ import annotations

from environments.service.airline.booking import AirlineTools
from environments.service.airline.records import SCHEMA
from environments.service.domain import Domain, Side, Toolkit
from environments.service.state import Schema, State


def _no_sync(agent: State, user: State) -> None:
    """There is nothing on the user's side."""


DOMAIN = Domain(
    "airline",
    agent=Side(SCHEMA, AirlineTools),
    user=Side(Schema(), Toolkit),
    sync=_no_sync,
)
