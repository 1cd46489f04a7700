"""Changes to bills: charges on the next one, and the overdue bill for which a line is suspended."""

from __future__ import annotations

import datetime
from dataclasses import replace

from environments.service.state import State
from environments.service.telecom.accounts import (
    BILLS,
    CUSTOMERS,
    LINES,
    TODAY,
    Bill,
    Customer,
    LineItem,
    bill_by_id,
    bills_of,
    customer_by_id,
    line_by_id,
    plan_by_id,
)
from environments.toolkit import ToolFailure
from harness.core.identity import digest

_PAYMENT_TERM = datetime.timedelta(days=14)


def charge(state: State, customer_id: str, amount: float, description: str) -> None:
    """Put a position on the customer's draft bill; without one, on a new one for next month."""
    customer = customer_by_id(state, customer_id)
    draft = next((bill for bill in bills_of(state, customer) if bill.status == "Draft"), None)
    if draft is None:
        draft = _next_month(state, customer)
        state.put(CUSTOMERS, customer_id, replace(customer, bill_ids=(*customer.bill_ids, draft.bill_id)))
    item = LineItem(description, amount, TODAY, "Credit" if amount < 0 else "Charge")
    charged = replace(draft, line_items=(*draft.line_items, item), total_due=draft.total_due + amount)
    state.put(BILLS, draft.bill_id, charged)


def mark_paid(state: State, bill_id: str) -> None:
    """The bill is paid."""
    state.put(BILLS, bill_id, replace(bill_by_id(state, bill_id), status="Paid"))


def suspend_for_overdue_bill(
    state: State, customer_id: str, line_id: str, new_bill_id: str, *, contract_ended: bool
) -> None:
    """Suspend an active line for a new, overdue bill over its plan's price for last month."""
    line = line_by_id(state, line_id)
    if line.status != "Active":
        raise ToolFailure("Line must be active to suspend for unpaid bill")
    price = plan_by_id(state, line.plan_id).price_per_month
    if price <= 0:
        raise ToolFailure("Amount must be positive for overdue bill")
    customer = customer_by_id(state, customer_id)
    if any(bill.status == "Overdue" for bill in bills_of(state, customer)):
        raise ToolFailure("Customer already has an overdue bill")
    last_day = TODAY.replace(day=1) - datetime.timedelta(days=1)
    first_day = last_day.replace(day=1)
    bill = Bill(
        bill_id=new_bill_id,
        customer_id=customer_id,
        period_start=first_day,
        period_end=last_day,
        issue_date=first_day,
        total_due=price,
        due_date=first_day + _PAYMENT_TERM,
        line_items=(LineItem(f"Charge for line {line_id}", price, TODAY, "Charge"),),
        status="Overdue",
    )
    state.put(BILLS, new_bill_id, bill)
    state.put(CUSTOMERS, customer_id, replace(customer, bill_ids=(*customer.bill_ids, new_bill_id)))
    end = last_day if contract_ended else line.contract_end_date
    suspended = replace(line, status="Suspended", suspension_start_date=TODAY, contract_end_date=end)
    state.put(LINES, line_id, suspended)


def _next_month(state: State, customer: Customer) -> Bill:
    start = _first_of_next_month(TODAY)
    # Upstream draws a random id; one made from the state alone lets two replays agree.
    number = digest([customer.customer_id, state.count(BILLS)]).removeprefix("sha256:")[:8]
    return Bill(
        bill_id=f"B{number}",
        customer_id=customer.customer_id,
        period_start=start,
        period_end=_first_of_next_month(start) - datetime.timedelta(days=1),
        issue_date=start,
        total_due=0,
        due_date=start + _PAYMENT_TERM,
    )


def _first_of_next_month(day: datetime.date) -> datetime.date:
    return (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
