"""The agent's side of the telecom domain: 13 tools, the setup's helpers and the checks' probes."""

from __future__ import annotations

import datetime
from dataclasses import replace

from environments.service.domain import Number, Toolkit, helper, probe
from environments.service.rules import Quirk
from environments.service.telecom.accounts import (
    BILLS,
    CUSTOMERS,
    LINES,
    TODAY,
    bill_awaiting_payment,
    bill_by_id,
    bills_of,
    customer_by_id,
    customer_by_phone,
    device_by_id,
    line_by_id,
    line_of,
    plan_by_id,
)
from environments.service.telecom.billing import charge, suspend_for_overdue_bill
from environments.service.wire import wire
from environments.toolkit import ToolFailure, tool

_LOOKUPS = {"L": line_by_id, "D": device_by_id, "B": bill_by_id, "C": customer_by_id, "P": plan_by_id}


class DeskReads(Toolkit):
    """What an agent can look up."""

    upstream_name = "TelecomTools"

    @tool()
    def get_customer_by_phone(self, phone_number: str) -> str:
        """Find the customer who has this contact number, or a line with this number.

        Args:
            phone_number: The number, in the form 555-123-4567.
        """
        return wire(customer_by_phone(self.state, phone_number))

    @tool()
    def get_customer_by_id(self, customer_id: str) -> str:
        """Look up a customer.

        Args:
            customer_id: Id of the customer.
        """
        return wire(customer_by_id(self.state, customer_id))

    @tool()
    def get_customer_by_name(self, full_name: str, dob: str) -> str:
        """Find the customers with this name and date of birth; there may be none, or several.

        Args:
            full_name: First and last name.
            dob: Date of birth, as YYYY-MM-DD.
        """
        name = full_name.lower()
        customers = self.state.rows(CUSTOMERS)
        return wire([one for one in customers if one.full_name.lower() == name and one.date_of_birth == dob])

    @tool()
    def get_details_by_id(self, id: str) -> str:  # noqa: A002
        """Look up a line (L...), device (D...), bill (B...), customer (C...) or plan (P...).

        Args:
            id: The id; its first letter tells what it is of.
        """
        for prefix, look_up in _LOOKUPS.items():
            if id.startswith(prefix):
                return wire(look_up(self.state, id))
        raise ToolFailure(f"Unknown ID format or type: {id}")

    @tool()
    def get_bills_for_customer(self, customer_id: str, limit: int = 12) -> str:
        """List a customer's bills, newest first.

        Args:
            customer_id: Id of the customer.
            limit: How many at most.
        """
        bills = bills_of(self.state, customer_by_id(self.state, customer_id))
        return wire(sorted(bills, key=lambda bill: bill.issue_date, reverse=True)[:limit])

    @tool()
    def get_data_usage(self, customer_id: str, line_id: str) -> str:
        """See how much data a line has used in this billing cycle, its limit and what was refueled.

        Args:
            customer_id: Id of the customer who owns the line.
            line_id: Id of the line.
        """
        line = line_of(self.state, customer_id, line_id)
        next_month = (TODAY.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
        return wire(
            {
                "line_id": line_id,
                "data_used_gb": line.data_used_gb,
                "data_limit_gb": plan_by_id(self.state, line.plan_id).data_limit_gb,
                "data_refueling_gb": line.data_refueling_gb,
                "cycle_end_date": next_month - datetime.timedelta(days=1),
            }
        )

    @tool()
    def transfer_to_human_agents(self, summary: str) -> str:
        """Hand the user over to a human agent, only for what the policy and these tools can't solve.

        Args:
            summary: What the user needs and what was tried, in a sentence or two.
        """
        return "Transfer successful"


class DeskTools(DeskReads):
    """What an agent can change, and what only setups and checks may call."""

    @tool(writes=True)
    def suspend_line(self, customer_id: str, line_id: str, reason: str) -> str:
        """Suspend an active line, for at most six months.

        Args:
            customer_id: Id of the customer who owns the line.
            line_id: Id of the line.
            reason: Why.
        """
        line = line_of(self.state, customer_id, line_id)
        if line.status != "Active":
            raise ToolFailure("Line must be active to suspend")
        line = replace(line, status="Suspended", suspension_start_date=TODAY)
        self.state.put(LINES, line_id, line)
        return wire({"message": "Line suspended successfully. $5/month holding fee will apply.", "line": line})

    @tool(writes=True)
    def resume_line(self, customer_id: str, line_id: str) -> str:
        """Make a suspended line, or one that waits for activation, active again.

        Args:
            customer_id: Id of the customer who owns the line.
            line_id: Id of the line.
        """
        line = line_of(self.state, customer_id, line_id)
        if line.status not in ("Suspended", "Pending Activation"):
            raise ToolFailure("Line must be suspended to resume")
        line = replace(line, status="Active", suspension_start_date=None)
        self.state.put(LINES, line_id, line)
        return wire({"message": "Line resumed successfully", "line": line})

    @tool(writes=True)
    def send_payment_request(self, customer_id: str, bill_id: str) -> str:
        """Ask the customer to pay a bill; only one request can be open. Look first whether the bill is due.

        Args:
            customer_id: Id of the customer.
            bill_id: Id of the bill.
        """
        customer = customer_by_id(self.state, customer_id)
        if bill_awaiting_payment(self.state, customer) is not None:
            raise ToolFailure("A bill is already awaiting payment for this customer")
        if bill_id not in customer.bill_ids:
            raise ToolFailure(f"Bill {bill_id} not found for customer {customer_id}")
        bill = bill_by_id(self.state, bill_id)
        if bill.status == "Paid" and not self.rules.has(Quirk.TELECOM_REQUEST_FOR_PAID_BILL):
            raise ToolFailure(f"Bill {bill_id} is paid already")
        self.state.put(BILLS, bill_id, replace(bill, status="Awaiting Payment"))
        return f"Payment request sent to the customer for bill {bill_id}"

    @tool(writes=True)
    def enable_roaming(self, customer_id: str, line_id: str) -> str:
        """Allow a line to use data abroad.

        Args:
            customer_id: Id of the customer who owns the line.
            line_id: Id of the line.
        """
        return self._roaming(customer_id, line_id, on=True)

    @tool(writes=True)
    def disable_roaming(self, customer_id: str, line_id: str) -> str:
        """Stop a line from using data abroad.

        Args:
            customer_id: Id of the customer who owns the line.
            line_id: Id of the line.
        """
        return self._roaming(customer_id, line_id, on=False)

    @tool(writes=True)
    def refuel_data(self, customer_id: str, line_id: str, gb_amount: Number) -> str:
        """Add data to a line for this billing cycle, charged on the next bill at the plan's price per GB.

        Args:
            customer_id: Id of the customer who owns the line.
            line_id: Id of the line.
            gb_amount: Gigabytes to add.
        """
        line = line_of(self.state, customer_id, line_id)
        if gb_amount <= 0:
            raise ToolFailure("Refuel amount must be positive")
        price = plan_by_id(self.state, line.plan_id).data_refueling_price_per_gb
        amount = gb_amount * price
        line = replace(line, data_refueling_gb=line.data_refueling_gb + gb_amount)
        self.state.put(LINES, line_id, line)
        charge(self.state, customer_id, amount, f"Data refueling: {gb_amount} GB at ${price}/GB")
        return wire(
            {
                "message": f"Successfully added {gb_amount} GB of data for line {line_id} for ${amount:.2f}",
                "new_data_refueling_gb": line.data_refueling_gb,
                "charge": amount,
            }
        )

    @helper
    def set_data_usage(self, customer_id: str, line_id: str, data_used_gb: float) -> str:
        """Say how much data a line has used."""
        line = line_of(self.state, customer_id, line_id)
        self.state.put(LINES, line_id, replace(line, data_used_gb=data_used_gb))
        return f"Data usage set to {data_used_gb} GB for line {line_id}"

    @helper
    def suspend_line_for_overdue_bill(
        self, customer_id: str, line_id: str, new_bill_id: str, contract_ended: bool
    ) -> str:
        """Suspend a line for a new overdue bill and, if asked, let its contract end last month."""
        suspend_for_overdue_bill(self.state, customer_id, line_id, new_bill_id, contract_ended=contract_ended)
        return f"Line {line_id} suspended for unpaid bill {new_bill_id}. Contract ended: {contract_ended}"

    @probe
    def assert_data_refueling_amount(self, customer_id: str, line_id: str, expected_amount: float) -> bool:
        """Whether so many gigabytes were refueled, up to a millionth."""
        return abs(line_of(self.state, customer_id, line_id).data_refueling_gb - expected_amount) < 1e-6

    @probe
    def assert_line_status(self, customer_id: str, line_id: str, expected_status: str) -> bool:
        """Whether the line has this status."""
        return line_of(self.state, customer_id, line_id).status == expected_status

    @probe
    def assert_overdue_bill_exists(self, customer_id: str, overdue_bill_id: str) -> bool:
        """Whether the customer has this bill and it is overdue; like upstream, it fails where not."""
        if overdue_bill_id not in customer_by_id(self.state, customer_id).bill_ids:
            raise ToolFailure(f"Overdue bill {overdue_bill_id} not found")
        if bill_by_id(self.state, overdue_bill_id).status != "Overdue":
            raise ToolFailure(f"Overdue bill {overdue_bill_id} is not overdue")
        return True

    @probe
    def assert_no_overdue_bill(self, overdue_bill_id: str) -> bool:
        """Whether this bill is paid, or doesn't exist."""
        bill = self.state.get(BILLS, overdue_bill_id)
        return bill is None or bill.status == "Paid"

    def _roaming(self, customer_id: str, line_id: str, *, on: bool) -> str:
        line = line_of(self.state, customer_id, line_id)
        word = "enabled" if on else "disabled"
        if line.roaming_enabled == on:
            return f"Roaming was already {word}"
        self.state.put(LINES, line_id, replace(line, roaming_enabled=on))
        return f"Roaming {word} successfully"
