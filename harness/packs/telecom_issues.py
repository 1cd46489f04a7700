"""The atomic faults of τ²'s telecom domain, and which of them go together under one intent: all of it data.

Names, functions, arguments and probes are upstream's (the benchmark's interface); the words are ours.
How faults compose is `telecom_generator`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from harness.core.task import DoneWhen
from harness.packs.telecom_acts import Act, Slot, by_agent, by_user


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One fault."""

    name: str
    what: str
    """The cause in a few words, for a task's purpose."""
    memory: str
    """What the user remembers of how it came about, in the first person."""
    breaks: tuple[Act, ...]
    mends: tuple[Act, ...] | None
    """`None`: nobody in the conversation can mend it, so the agent must transfer."""
    looks: tuple[Act, ...] = ()
    """How the cause is found."""
    asks: str = ""
    """What the agent must ask before it mends; formatted with the `account`."""
    proves: tuple[Act, ...] = ()
    """Probes beside the intent's."""
    withdrawn: bool = False
    """Upstream composed and sampled its tasks with it, and published none that has it."""

    @property
    def abroad(self) -> bool:
        """Whether it befalls travellers."""
        return _ABROAD in self.breaks


class Intent(StrEnum):
    """What the user calls about."""

    DATA = "mobile_data_issue"
    SERVICE = "service_issue"
    MMS = "mms_issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The tasks of an intent: at most one issue of each set, and at least one of a set that is its own."""

    intent: Intent
    purpose: str
    borrowed: tuple[tuple[Issue, ...], ...]
    """Sets that may go with it, but make no task of this intent by themselves."""
    own: tuple[tuple[Issue, ...], ...]
    solved: tuple[Act, ...]
    """Probes that hold once everything is mended."""
    unsolvable: tuple[Act, ...] = ()
    """Probes that hold in the end where something can't be mended; only service has such issues."""
    done_when: DoneWhen
    """What shows the user that everything is mended."""


_LINE: Final[dict[str, JsonValue]] = {"customer_id": Slot.CUSTOMER, "line_id": Slot.LINE}
_ABROAD = by_user("set_user_location", abroad=True)
_SEARCH = by_user("simulate_network_search")
_ENABLE_ROAMING = by_agent("enable_roaming", **_LINE)
_DISABLE_ROAMING = by_agent("disable_roaming", **_LINE)
_TOGGLE_ROAMING = by_user("toggle_roaming")
_RESET_APN = (by_user("reset_apn_settings"), by_user("reboot_device"))
_SEE_LINE = by_agent("get_details_by_id", id=Slot.LINE)
_SEE_BILLS = by_agent("get_bills_for_customer", customer_id=Slot.CUSTOMER)
_SEE_APN = by_user("check_apn_settings")
_SEE_NETWORK = by_user("check_network_status")
_SEE_PERMISSIONS = by_user("check_app_permissions", app_name="messaging")

WHO_CALLS: Final = by_user("set_user_info", name=Slot.NAME, phone_number=Slot.PHONE)
"""Every setup's first act."""
FIND_CALLER: Final = by_agent("get_customer_by_phone", phone_number=Slot.PHONE)
"""How an agent begins."""
TRANSFER: Final = by_agent("transfer_to_human_agents", summary="I cannot fix the issue.")
"""The expected action where something can't be mended; its text is upstream's and isn't compared."""


def _suspension(*, contract_ended: bool) -> tuple[Act, ...]:
    suspend = by_agent("suspend_line_for_overdue_bill", **_LINE, new_bill_id=Slot.BILL, contract_ended=contract_ended)
    return suspend, _SEARCH


def _permission(function: str, *names: str) -> tuple[Act, ...]:
    return tuple(by_user(function, app_name="messaging", permission=name) for name in names)


_AIRPLANE = Issue(
    name="airplane_mode_on",
    what="airplane mode is on",
    memory="I was on a plane the other day.",
    breaks=(by_user("turn_airplane_mode_on"),),
    looks=(by_user("check_status_bar"),),
    mends=(by_user("toggle_airplane_mode"),),
)
_SIM_LOOSE = Issue(
    name="unseat_sim_card",
    what="the SIM card is loose",
    memory="The phone fell on the floor.",
    breaks=(by_user("unseat_sim_card"),),
    looks=(by_user("check_sim_status"),),
    mends=(by_user("reseat_sim_card"),),
)
_SIM_LOCKED = Issue(
    name="lock_sim_card_pin",
    what="the SIM card is locked with a PIN",
    memory="The phone asked for a code that I don't have.",
    breaks=(by_user("lock_sim_card", mode="pin"),),
    looks=(by_user("check_sim_status"),),
    mends=None,
)
_APN = Issue(
    name="break_apn_settings",
    what="the access point is broken",
    memory="I changed something in the network settings and don't know what.",
    breaks=(by_user("break_apn_settings"),),
    looks=(_SEE_APN,),
    mends=_RESET_APN,
)
_OVERDUE = Issue(
    name="overdue_bill_suspension",
    what="the line is suspended for an overdue bill",
    memory="I may have overlooked a letter from you.",
    breaks=_suspension(contract_ended=False),
    looks=(_SEE_LINE, _SEE_BILLS),
    asks="Bill {account.bill_id} over {account.bill_amount:.2f} dollars is overdue. Will you pay the bill now?",
    mends=(
        by_agent("send_payment_request", customer_id=Slot.CUSTOMER, bill_id=Slot.BILL),
        by_user("make_payment"),
        by_agent("resume_line", **_LINE),
        by_user("reboot_device"),
    ),
)
_CONTRACT = Issue(
    name="contract_end_suspension",
    what="the line is suspended, and its contract has ended",
    memory="I may have overlooked a letter from you.",
    breaks=_suspension(contract_ended=True),
    looks=(_SEE_LINE, _SEE_BILLS),
    mends=None,
)
_ROAMING = (
    Issue(
        name="user_abroad_roaming_enabled_off",
        what="abroad, and roaming is off in the phone",
        memory="It began when I crossed the border.",
        breaks=(_ABROAD, by_user("turn_roaming_off"), _ENABLE_ROAMING),
        looks=(_SEE_LINE, _SEE_NETWORK),
        mends=(_TOGGLE_ROAMING,),
    ),
    Issue(
        name="user_abroad_roaming_disabled_on",
        what="abroad, and roaming is off on the line",
        memory="It began when I crossed the border.",
        breaks=(_ABROAD, by_user("turn_roaming_on"), _DISABLE_ROAMING, _SEARCH),
        looks=(_SEE_LINE, _SEE_NETWORK),
        mends=(_ENABLE_ROAMING,),
    ),
    Issue(
        name="user_abroad_roaming_disabled_off",
        what="abroad, and roaming is off on the line and in the phone",
        memory="It began when I crossed the border.",
        breaks=(_ABROAD, by_user("turn_roaming_off"), _DISABLE_ROAMING, _SEARCH),
        looks=(_SEE_LINE, _SEE_NETWORK),
        mends=(_ENABLE_ROAMING, _TOGGLE_ROAMING),
    ),
)
_DATA_OFF = Issue(
    name="data_mode_off",
    what="mobile data is off",
    memory="I lent the phone to somebody.",
    breaks=(by_user("turn_data_off"),),
    looks=(_SEE_NETWORK,),
    mends=(by_user("toggle_data"),),
)
_QUOTA = (
    Issue(
        name="data_usage_exceeded",
        what="the month's data is used up",
        memory="I have watched many films on the phone this month.",
        breaks=(by_agent("set_data_usage", **_LINE, data_used_gb=Slot.USED),),
        looks=(by_agent("get_data_usage", **_LINE),),
        asks="Your data is used up. {account.refuel_gb:g} GB more cost {account.refuel_price:.2f} dollars; "
        "do you agree to the price?",
        mends=(by_agent("refuel_data", **_LINE, gb_amount=Slot.REFUEL),),
        proves=(by_agent("assert_data_refueling_amount", **_LINE, expected_amount=Slot.REFUELED),),
    ),
    Issue(
        name="data_usage_exceeded_no_refuel",
        what="the month's data is used up, and no more may be added",
        memory="",
        breaks=(),
        mends=None,
        withdrawn=True,
    ),
)
_DATA_SAVER = Issue(
    name="data_saver_mode_on",
    what="the data saver is on",
    memory="I wanted to save data and changed a setting.",
    breaks=(by_user("turn_data_saver_mode_on"),),
    looks=(by_user("check_data_restriction_status"),),
    mends=(by_user("toggle_data_saver_mode"),),
)
_OLD_MODE = Issue(
    name="bad_network_preference",
    what="the phone uses 2G only",
    memory="I read that some setting saves the battery and changed it.",
    breaks=(by_user("set_network_mode_preference", mode="2g_only"),),
    looks=(by_user("check_network_mode_preference"),),
    mends=(by_user("set_network_mode_preference", mode="4g_5g_preferred"),),
)
_VPN = Issue(
    name="bad_vpn",
    what="a slow VPN is connected",
    memory="Somebody set up something for my safety on the phone.",
    breaks=(by_user("break_vpn"),),
    looks=(by_user("check_vpn_status"),),
    mends=(by_user("disconnect_vpn"),),
)
_WIFI_CALLING = Issue(
    name="bad_wifi_calling",
    what="picture messages go over Wi-Fi calling",
    memory="I tried to call over Wi-Fi.",
    breaks=(by_user("set_wifi_calling", enabled=True, mms_over_wifi=True),),
    looks=(by_user("check_wifi_calling_status"),),
    mends=(by_user("toggle_wifi_calling"),),
)
_MMS_CENTRE = Issue(
    name="break_apn_mms_setting",
    what="the address for picture messages is lost",
    memory="I changed something in the network settings and don't know what.",
    breaks=(by_user("break_apn_mms_setting"),),
    looks=(_SEE_APN,),
    mends=_RESET_APN,
)


def _denied(name: str, *permissions: str) -> Issue:
    return Issue(
        name=name,
        what=f"the messaging app lacks the permission {' and '.join(permissions)}",
        memory="An app asked me something about its rights, and I said no.",
        breaks=_permission("remove_app_permission", *permissions),
        looks=(_SEE_PERMISSIONS,),
        mends=_permission("grant_app_permission", *permissions),
    )


_PERMISSIONS = (
    _denied("break_app_sms_permission", "sms"),
    _denied("break_app_storage_permission", "storage"),
    _denied("break_app_both_permissions", "sms", "storage"),
)

# The order of families and sets is upstream's: it decides the order of tasks, and with it who gets which persona.
FAMILIES: Final = (
    Family(
        intent=Intent.DATA,
        purpose="No mobile data, or slow data",
        borrowed=((_AIRPLANE,),),
        own=(_ROAMING, (_DATA_OFF,), (_DATA_SAVER,), (_OLD_MODE,), (_VPN,), _QUOTA),
        solved=(
            by_user("assert_mobile_data_status", expected_status=True),
            by_user("assert_internet_speed", expected_speed=200, expected_desc="excellent"),
        ),
        done_when=DoneWhen(tool="run_speed_test", contains="Excellent"),
    ),
    Family(
        intent=Intent.SERVICE,
        purpose="No service",
        borrowed=(),
        own=((_AIRPLANE,), (_SIM_LOOSE,), (_SIM_LOCKED,), (_APN,), (_OVERDUE, _CONTRACT)),
        solved=(
            by_user("assert_service_status", expected_status="connected"),
            by_agent("assert_no_overdue_bill", overdue_bill_id=Slot.BILL),
        ),
        unsolvable=(by_user("assert_service_status", expected_status="no_service"),),
        done_when=DoneWhen(tool="check_network_status", contains="Cellular Connection: connected"),
    ),
    Family(
        intent=Intent.MMS,
        purpose="Picture messages can't be sent",
        borrowed=((_AIRPLANE,), (_SIM_LOOSE,), (_DATA_OFF,), _QUOTA, _ROAMING),
        own=((_OLD_MODE,), (_WIFI_CALLING,), (_MMS_CENTRE,), _PERMISSIONS),
        solved=(by_user("assert_can_send_mms", expected_status=True),),
        done_when=DoneWhen(tool="can_send_mms", contains="can send"),
    ),
)
