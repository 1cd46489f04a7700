"""The telecom domain: both sides, and what each means for the other."""

from __future__ import annotations

from dataclasses import replace

from environments.service.domain import Domain, Side
from environments.service.state import State
from environments.service.telecom import accounts, phone
from environments.service.telecom.accounts import (
    bill_awaiting_payment,
    customer_by_phone,
    line_by_phone,
    plan_by_id,
)
from environments.service.telecom.billing import mark_paid
from environments.service.telecom.desk import DeskTools
from environments.service.telecom.faults import UserTools
from environments.service.telecom.phone import SURROUNDINGS, PaymentRequest


def sync(agent: State, user: State) -> None:
    """Keep the two sides in step (reference, section 6).

    The phone learns whether its line is active, may roam and has data left; a paid request makes its bill
    paid; the first bill that awaits payment becomes the user's request. The phone doesn't look for the
    network by itself: after a line is resumed, service comes back with the next search.

    Raises:
        ToolFailure: the phone's number has no line, plan or customer.
    """
    before = user.one(SURROUNDINGS)
    if before.phone_number is None:
        return
    line = line_by_phone(agent, before.phone_number)
    limit = plan_by_id(agent, line.plan_id).data_limit_gb + line.data_refueling_gb
    request = before.payment_request
    if request is not None and request.paid:
        mark_paid(agent, request.bill_id)
        request = None
    if request is None:
        bill = bill_awaiting_payment(agent, customer_by_phone(agent, before.phone_number))
        request = None if bill is None else PaymentRequest(bill.bill_id, bill.total_due)
    after = replace(
        before,
        line_active=line.status == "Active",
        roaming_allowed=line.roaming_enabled,
        mobile_data_usage_exceeded=line.data_used_gb >= limit,
        payment_request=request,
    )
    if after != before:
        user.put_one(SURROUNDINGS, after)


DOMAIN = Domain(
    "telecom",
    agent=Side(accounts.SCHEMA, DeskTools),
    user=Side(phone.SCHEMA, UserTools),
    sync=sync,
)
