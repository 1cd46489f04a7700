"""The physics of the phone: what it is connected to, whether data flows, how fast (pure functions).

Rules and numbers are upstream's (reference, section 6).
"""

from __future__ import annotations

from dataclasses import replace

from environments.service.telecom.phone import Mode, Phone, Signal, Sim, Surroundings, Technology

_TECHNOLOGY: dict[Mode, Technology] = {
    "4g_5g_preferred": "5G",
    "4g_only": "4G",
    "3g_only": "3G",
    "2g_only": "2G",
}
_RANGE_MBPS: dict[Technology, tuple[float, float]] = {
    "none": (0.0, 0.0),
    "2G": (0.1, 0.4),
    "3G": (1.0, 5.0),
    "4G": (10.0, 100.0),
    "5G": (50.0, 500.0),
}
_SIGNAL_FACTOR: dict[Signal, float] = {"none": 0.0, "poor": 0.2, "fair": 0.5, "good": 0.8, "excellent": 1.0}
_LABELS = ((1, "Very Poor"), (5, "Poor"), (25, "Fair"), (100, "Good"))
_POOR_VPN_FACTOR = 0.1
_DATA_SAVER_FACTOR = 0.2


def sim_status(phone: Phone) -> Sim:
    """A missing card hides that it is locked."""
    return "missing" if phone.sim_card_missing else phone.sim_card_status


def search(phone: Phone, around: Surroundings) -> Phone:
    """The phone after a network search: connected as its mode and the reception allow, or no service.

    Raises:
        AttributeError: the APN settings are none, which upstream lets a user store; see `tune`.
    """
    barred = phone.active_apn_settings.apn_name == "broken" or not around.line_active
    return _without_service(phone) if barred else tune(phone, around)


def tune(phone: Phone, around: Surroundings) -> Phone:
    """What the radio alone finds, before the carrier is asked for access."""
    if sim_status(phone) != "active" or phone.airplane_mode:
        return _without_service(phone)
    mode = phone.network_mode_preference
    # A mode that isn't one (upstream checks texts only) means 4G.
    technology = _TECHNOLOGY.get(mode, "4G") if isinstance(mode, str) else "4G"
    if technology == "5G" and around.signal_strength.get("5G", "none") == "none":
        technology = "4G"
    return replace(
        phone,
        network_connection_status="connected",
        network_technology_connected=technology,
        network_signal_strength=around.signal_strength.get(technology, "none"),
    )


def _without_service(phone: Phone) -> Phone:
    return replace(
        phone,
        network_connection_status="no_service",
        network_technology_connected="none",
        network_signal_strength="none",
    )


def data_works(phone: Phone, around: Surroundings) -> bool:
    """Whether mobile data flows."""
    return not (
        phone.airplane_mode
        or phone.network_signal_strength == "none"
        or phone.network_connection_status == "no_service"
        or (around.is_abroad and not (phone.roaming_enabled and around.roaming_allowed))
        or not phone.data_enabled
        or around.mobile_data_usage_exceeded
    )


def speed(phone: Phone, around: Surroundings) -> tuple[float | None, str]:
    """Download speed in Mbps, and its label; no speed where no data flows."""
    if not data_works(phone, around):
        return None, "No Connection"
    vpn = phone.vpn_details if phone.vpn_connected else None
    factor = _POOR_VPN_FACTOR if vpn is not None and vpn.server_performance == "poor" else 1.0
    if phone.data_saver_mode:
        factor *= _DATA_SAVER_FACTOR
    low, high = _RANGE_MBPS[phone.network_technology_connected]
    mbps = round((low + high) / 2.0 * _SIGNAL_FACTOR[phone.network_signal_strength] * factor, 2)
    return mbps, next((label for limit, label in _LABELS if mbps < limit), "Excellent")


def mms_works(phone: Phone, around: Surroundings) -> bool:
    """Whether the messaging app can send pictures. The carrier takes none over Wi-Fi calling."""
    app = phone.app_statuses.get("messaging")
    return (
        data_works(phone, around)
        and phone.network_technology_connected != "2G"
        and not (phone.wifi_calling_enabled and phone.wifi_calling_mms_over_wifi)
        and phone.active_apn_settings.mmsc_url is not None
        and app is not None
        and app.permissions.storage
        and app.permissions.sms
    )
