"""What a booking call carries, as upstream's models read it.

Arguments reach a tool as plain JSON, and pydantic's complaint about them is the result's text. It names the
model and its fields, so these have upstream's names, order and leniency (unknown keys are ignored, `"3"` is
a number). Corrected rules check the same models strictly before the tool runs.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from environments.service.airline import records
from environments.service.airline.records import Cabin, FlightType, Insurance


class Form(BaseModel):
    """Base of all forms."""

    model_config = ConfigDict(frozen=True)


class FlightInfo(Form):
    """One flight of a trip."""

    flight_number: Annotated[str, Field(description="The flight's number, for example HAT001.")]
    date: Annotated[str, Field(description="The day it leaves, as YYYY-MM-DD.")]


class Passenger(Form):
    """One passenger."""

    first_name: Annotated[str, Field(description="Given name.")]
    last_name: Annotated[str, Field(description="Family name.")]
    dob: Annotated[str, Field(description="Date of birth, as YYYY-MM-DD.")]

    def record(self) -> records.Passenger:
        """As the database holds it."""
        return records.Passenger(self.first_name, self.last_name, self.dob)


class Payment(Form):
    """A part of the price and what pays it."""

    payment_id: Annotated[str, Field(description="Id of one of the user's payment methods.")]
    amount: Annotated[int, Field(description="Dollars.")]

    def record(self) -> records.Payment:
        """As the database holds it."""
        return records.Payment(self.payment_id, self.amount)


class Certificate(Form):
    """A certificate to be sent."""

    source: Literal["certificate"] = "certificate"
    id: str
    amount: float

    def record(self) -> records.Balance:
        """As the database holds it."""
        return records.Balance("certificate", self.id, self.amount)


class Reservation(Form):
    """A booking before its flights are looked up."""

    reservation_id: str
    user_id: str
    origin: str
    destination: str
    flight_type: FlightType
    cabin: Cabin
    passengers: list[Passenger]
    payment_history: list[Payment]
    total_baggages: int
    nonfree_baggages: int
    insurance: Insurance

    def record(self, legs: tuple[records.Leg, ...]) -> records.Reservation:
        """As the database holds it, with its flights."""
        return records.Reservation(
            reservation_id=self.reservation_id,
            user_id=self.user_id,
            origin=self.origin,
            destination=self.destination,
            flight_type=self.flight_type,
            cabin=self.cabin,
            flights=legs,
            passengers=tuple(passenger.record() for passenger in self.passengers),
            payment_history=tuple(payment.record() for payment in self.payment_history),
            created_at=records.NOW,
            total_baggages=self.total_baggages,
            nonfree_baggages=self.nonfree_baggages,
            insurance=self.insurance,
        )


F = TypeVar("F", bound=Form)


def read(form: type[F], values: list[F]) -> list[F]:
    """The forms in a list of plain objects.

    Anything else than a list of objects is returned as it is, and fails where it is used: upstream's rule.
    Hence the annotation, which tells what the caller may expect of it and not what comes in.

    Raises:
        ValidationError: an object is no such form.
        TypeError: `values` can't be iterated over.
    """
    if all(isinstance(value, dict) for value in values):
        return [form(**cast("dict[str, Any]", value)) for value in values]
    return values


def _offered(form: type[Form]) -> WithJsonSchema:
    """The schema that agents are shown: upstream's takes any object beside the form."""
    schema = {key: value for key, value in form.model_json_schema().items() if key != "title"}
    return WithJsonSchema({"anyOf": [schema, {"type": "object", "additionalProperties": True}]})


FlightInfos = list[Annotated[FlightInfo, _offered(FlightInfo)]]
Passengers = list[Annotated[Passenger, _offered(Passenger)]]
Payments = list[Annotated[Payment, _offered(Payment)]]
