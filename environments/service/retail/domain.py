"""The retail domain: a help desk; its users have no tools."""

from __future__ import annotations

from environments.service.domain import Domain, Side, Toolkit
from environments.service.retail.records import SCHEMA
from environments.service.retail.tools import RetailTools
from environments.service.state import Schema, State


def _no_sync(agent: State, user: State) -> None:
    """There is nothing on the user's side."""


DOMAIN = Domain(
    "retail",
    agent=Side(SCHEMA, RetailTools),
    user=Side(Schema(), Toolkit),
    sync=_no_sync,
)
