"""An address as a call brings it, read by pydantic as upstream's model does.

Arguments reach a tool as plain JSON, and pydantic's complaint about them is the result's text. It names the
model and its fields, so these have upstream's names and order.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from environments.service.retail.records import Address


class UserAddress(BaseModel):
    """A new address of a user or an order."""

    model_config = ConfigDict(frozen=True)

    address1: str
    address2: str
    city: str
    country: str
    state: str
    zip: str

    def record(self) -> Address:
        """As the database holds it."""
        return Address(self.address1, self.address2, self.city, self.country, self.state, self.zip)
