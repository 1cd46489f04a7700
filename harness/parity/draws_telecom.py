"""Plausible calls of the telecom domain: customers with their lines and bills, and all that a phone can do."""

from __future__ import annotations

from pydantic import JsonValue

from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.parity.random_calls import Live

_MODES = ("4g_5g_preferred", "4g_only", "3g_only", "2g_only")
_APPS = ("messaging", "browser", "camera")
_PERMISSIONS = ("sms", "storage", "phone", "network", "location", "SMS")


def draw(live: Live, party: Party, tool: str) -> JsonObject | None:
    """Arguments for a tool; `None` where the domain doesn't know it."""
    return _of_user(live, tool) if party is Party.USER else _of_agent(live, tool)


def _of_agent(live: Live, tool: str) -> JsonObject | None:
    rng = live.rng
    # Half of the calls are about the customer of all tasks, whose phone the user holds.
    number = "C1001" if rng.random() < 0.5 else rng.choice(_ids(live, "customers", "customer_id"))
    customer = live.look("get_customer_by_id", customer_id=number)
    line = rng.choice(_texts(customer, "line_ids") or ["L1001"])
    bill = rng.choice(_texts(customer, "bill_ids") or ["B1001"])
    owner: JsonObject = {"customer_id": number, "line_id": line}
    match tool:
        case "get_customer_by_phone":
            details = live.look("get_details_by_id", id=line)
            return {"phone_number": rng.choice([customer.get("phone_number"), details.get("phone_number")])}
        case "get_customer_by_id":
            return {"customer_id": number}
        case "get_customer_by_name":
            return {"full_name": customer.get("full_name"), "dob": customer.get("date_of_birth")}
        case "get_details_by_id":
            tables = {"plans": "plan_id", "devices": "device_id", "lines": "line_id", "bills": "bill_id"}
            table = rng.choice(sorted(tables))
            return {"id": rng.choice([number, line, bill, *_ids(live, table, tables[table])])}
        case "get_bills_for_customer":
            return (
                {"customer_id": number, "limit": rng.randint(1, 5)} if rng.random() < 0.5 else {"customer_id": number}
            )
        case "send_payment_request":
            return {"customer_id": number, "bill_id": bill}
        case "refuel_data":
            return {**owner, "gb_amount": rng.choice([1, 2, 2.0, 0.5, 1.3, 7])}
        case "suspend_line":
            return {**owner, "reason": "The phone is lost"}
        case "transfer_to_human_agents":
            return {"summary": "The SIM card is locked"}
        case "get_data_usage" | "resume_line" | "enable_roaming" | "disable_roaming":
            return owner
    return None


def _of_user(live: Live, tool: str) -> JsonObject | None:
    rng = live.rng
    match tool:
        case "set_network_mode_preference":
            return {"mode": rng.choice(_MODES)}
        case "set_apn_settings":
            values: JsonObject = {
                "apn_name": rng.choice(["internet", "broken"]),
                "reset_at_reboot": rng.random() < 0.3,
                "mmsc_url": rng.choice([None, "http://mms.carrier.com/mms/wapenc"]),
                "mms_port": rng.choice([None, 8080]),
            }
            kept: dict[str, JsonValue] = {name: value for name, value in values.items() if rng.random() < 0.7}
            return {"apn_settings": kept}
        case "check_app_status" | "check_app_permissions":
            return {"app_name": rng.choice(_APPS)}
        case "grant_app_permission":
            return {"app_name": rng.choice(_APPS), "permission": rng.choice(_PERMISSIONS)}
    # Everything else is a button, or a look at the screen.
    return {}


def _ids(live: Live, table: str, name: str) -> list[str]:
    rows = live.start[table]
    assert isinstance(rows, list)
    return [row[name] for row in rows if isinstance(row, dict) and isinstance(row[name], str)]  # type: ignore[misc]


def _texts(record: JsonObject, name: str) -> list[str]:
    found = record.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
