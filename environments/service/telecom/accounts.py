"""What the carrier knows: plans, customers, lines, bills and devices, and how they are found.

The order of a record's fields is that of upstream's result texts.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final, Literal

from environments.service.state import R, Record, Schema, State, Table
from environments.toolkit import ToolFailure

TODAY: Final = datetime.date(2025, 2, 25)
"""The domain's virtual day; its clock stands at 12:08 (upstream's fixed now)."""


@dataclass(frozen=True, slots=True)
class Address(Record):
    """A billing address."""

    street: str
    city: str
    state: str
    zip_code: str


@dataclass(frozen=True, slots=True)
class PaymentMethod(Record):
    """A stored way to pay."""

    method_type: Literal["Credit Card", "Debit Card", "PayPal"]
    account_number_last_4: str
    expiration_date: str
    """`MM/YYYY`."""


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """A tariff. Prices are US dollars."""

    plan_id: str
    name: str
    data_limit_gb: float
    price_per_month: float
    data_refueling_price_per_gb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Record):
    """A device as the carrier has registered it."""

    device_id: str
    device_type: Literal["phone", "router", "tablet", "watch", "other"]
    model: str
    imei: str | None = None
    is_esim_capable: bool
    activated: bool = False
    activation_date: datetime.datetime | None = None
    last_esim_transfer_date: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Record):
    """A phone number with its contract and this month's usage."""

    line_id: str
    phone_number: str
    status: Literal["Active", "Suspended", "Pending Activation", "Closed"] = "Pending Activation"
    plan_id: str
    device_id: str | None = None
    data_used_gb: float = 0.0
    data_refueling_gb: float = 0.0
    roaming_enabled: bool = False
    contract_end_date: datetime.date | None = None
    last_plan_change_date: datetime.date | None = None
    last_sim_replacement_date: datetime.date | None = None
    suspension_start_date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class LineItem(Record):
    """A position of a bill; a credit is negative."""

    description: str
    amount: float
    date: datetime.date
    item_type: str


@dataclass(frozen=True, slots=True)
class Bill(Record):
    """A bill of a customer."""

    bill_id: str
    customer_id: str
    period_start: datetime.date
    period_end: datetime.date
    issue_date: datetime.date
    total_due: float
    due_date: datetime.date
    line_items: tuple[LineItem, ...] = ()
    status: Literal["Draft", "Issued", "Awaiting Payment", "Paid", "Overdue", "Disputed"] = "Draft"


@dataclass(frozen=True, slots=True)
class Customer(Record):
    """A customer with the ids of lines and bills."""

    customer_id: str
    full_name: str
    date_of_birth: str
    email: str
    phone_number: str
    address: Address
    account_status: Literal["Active", "Suspended", "Pending Verification", "Closed"] = "Pending Verification"
    payment_methods: tuple[PaymentMethod, ...] = ()
    line_ids: tuple[str, ...] = ()
    bill_ids: tuple[str, ...] = ()
    created_at: datetime.datetime = datetime.datetime(2025, 1, 1)
    last_extension_date: datetime.date | None = None
    goodwill_credit_used_this_year: float = 0.0


PLANS = Table("plans", Plan, key="plan_id", shape="list")
CUSTOMERS = Table("customers", Customer, key="customer_id", shape="list")
LINES = Table("lines", Line, key="line_id", shape="list")
BILLS = Table("bills", Bill, key="bill_id", shape="list")
DEVICES = Table("devices", Device, key="device_id", shape="list")

SCHEMA = Schema(PLANS, CUSTOMERS, LINES, BILLS, DEVICES)


def plan_by_id(state: State, plan_id: str) -> Plan:
    """The plan; `ToolFailure` where there is none, as in all functions here."""
    return _found(_look_up(state, PLANS, plan_id), f"Plan with ID {plan_id} not found")


def customer_by_id(state: State, customer_id: str) -> Customer:
    """The customer with this id."""
    return _found(_look_up(state, CUSTOMERS, customer_id), f"Customer with ID {customer_id} not found")


def line_by_id(state: State, line_id: str) -> Line:
    """The line with this id."""
    return _found(_look_up(state, LINES, line_id), f"Line with ID {line_id} not found")


def bill_by_id(state: State, bill_id: str) -> Bill:
    """The bill with this id."""
    return _found(_look_up(state, BILLS, bill_id), f"Bill with ID {bill_id} not found")


def device_by_id(state: State, device_id: str) -> Device:
    """The registered device with this id."""
    return _found(_look_up(state, DEVICES, device_id), f"Device with ID {device_id} not found")


def line_by_phone(state: State, phone_number: str) -> Line:
    """The first line with this number."""
    found = next((line for line in state.rows(LINES) if line.phone_number == phone_number), None)
    return _found(found, f"Line with phone number {phone_number} not found")


def customer_by_phone(state: State, phone_number: str) -> Customer:
    """The first customer whose contact number or one of whose lines has this number."""
    for customer in state.rows(CUSTOMERS):
        if customer.phone_number == phone_number:
            return customer
        if any(line_by_id(state, line_id).phone_number == phone_number for line_id in customer.line_ids):
            return customer
    raise ToolFailure(f"Customer with phone number {phone_number} not found")


def line_of(state: State, customer_id: str, line_id: str) -> Line:
    """The line, if it is this customer's."""
    if line_id not in customer_by_id(state, customer_id).line_ids:
        raise ToolFailure(f"Line {line_id} not found for customer {customer_id}")
    return line_by_id(state, line_id)


def bills_of(state: State, customer: Customer) -> list[Bill]:
    """The customer's bills, in the order in which the customer lists them."""
    return [bill_by_id(state, bill_id) for bill_id in customer.bill_ids]


def bill_awaiting_payment(state: State, customer: Customer) -> Bill | None:
    """The customer's first bill for which a payment request is open."""
    return next((bill for bill in bills_of(state, customer) if bill.status == "Awaiting Payment"), None)


def _look_up(state: State, table: Table[R], id_: str) -> R | None:
    # Upstream compares ids one by one, so that one of another type, a list even, is only not found.
    return state.get(table, id_) if isinstance(id_, str) else None


def _found(record: R | None, otherwise: str) -> R:
    if record is None:
        raise ToolFailure(otherwise)
    return record
