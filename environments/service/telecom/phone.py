"""What the user has: a phone, the place where it is, and what the carrier lets it do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from environments.service.state import Record, Schema, Table

Sim = Literal["active", "missing", "locked_pin", "locked_puk"]
Technology = Literal["none", "2G", "3G", "4G", "5G"]
Mode = Literal["4g_5g_preferred", "4g_only", "3g_only", "2g_only"]
Signal = Literal["none", "poor", "fair", "good", "excellent"]
Connection = Literal["connected", "searching", "no_service", "emergency_only"]


@dataclass(frozen=True, slots=True)
class Apn(Record):
    """The access point through which the phone reaches the carrier's network."""

    apn_name: Literal["internet", "broken"] = "internet"
    reset_at_reboot: bool = False
    mms_apn: str | None = "mms"
    mmsc_url: str | None = "http://mms.carrier.com/mms/wapenc"
    mms_proxy: str | None = None
    mms_port: int | None = None


@dataclass(frozen=True, slots=True)
class Vpn(Record):
    """The VPN server to which the phone is connected."""

    server_address: str | None = None
    protocol: str | None = None
    server_performance: Literal["unknown", "poor", "fair", "good", "excellent"] = "unknown"


USUAL_VPN = Vpn("192.168.1.1", "OpenVPN", "excellent")
"""What connecting gives. Upstream shares one changeable object of it between all episodes of a
process, so that one broken VPN breaks the later ones; a frozen record can't do that."""


@dataclass(frozen=True, slots=True)
class Permissions(Record):
    """What an app may do."""

    sms: bool = False
    storage: bool = False
    phone: bool = False
    network: bool = False


@dataclass(frozen=True, slots=True)
class App(Record):
    """An installed app."""

    app_name: str
    permissions: Permissions = Permissions()


def _apps() -> Mapping[str, App]:
    return {
        "messaging": App("messaging", Permissions(sms=True, storage=True, phone=True)),
        "browser": App("browser", Permissions(storage=True, network=True)),
    }


@dataclass(frozen=True, slots=True)
class Phone(Record):
    """The phone's settings and its connection as of the last network search."""

    sim_card_status: Sim = "active"
    sim_card_missing: bool = False
    airplane_mode: bool = False
    network_signal_strength: Signal = "good"
    network_technology_connected: Technology = "5G"
    network_connection_status: Connection = "connected"
    battery_level: int = 80
    data_enabled: bool = True
    roaming_enabled: bool = False
    network_mode_preference: Mode = "4g_5g_preferred"
    active_apn_settings: Apn = Apn()
    wifi_enabled: bool = False
    wifi_connected: bool = False
    wifi_ssid: str | None = None
    wifi_signal_strength: Signal = "none"
    wifi_calling_enabled: bool = False
    wifi_calling_mms_over_wifi: bool = False
    data_saver_mode: bool = False
    vpn_enabled_setting: bool = False
    vpn_connected: bool = False
    vpn_details: Vpn | None = None
    app_statuses: Mapping[str, App] = field(default_factory=_apps)


@dataclass(frozen=True, slots=True)
class PaymentRequest(Record):
    """A bill that the agent asked the user to pay, in US dollars."""

    bill_id: str
    amount_due: float
    paid: bool = False


def _reception() -> Mapping[Technology, Signal]:
    return {"2G": "poor", "3G": "fair", "4G": "good", "5G": "excellent"}


@dataclass(frozen=True, slots=True)
class Surroundings(Record):
    """Who and where the user is, and what the carrier's side means for the phone (kept by the sync)."""

    name: str | None = None
    phone_number: str | None = None
    is_abroad: bool = False
    roaming_allowed: bool = False
    signal_strength: Mapping[Technology, Signal] = field(default_factory=_reception)
    mobile_data_usage_exceeded: bool = False
    line_active: bool = True
    payment_request: PaymentRequest | None = None


PHONE = Table("device", Phone, shape="one")
SURROUNDINGS = Table("surroundings", Surroundings, shape="one")

SCHEMA = Schema(PHONE, SURROUNDINGS, private=(PHONE,))
