"""What the user can look at on the phone: 15 reading tools."""

from __future__ import annotations

from dataclasses import fields

from environments.service.domain import Toolkit
from environments.service.telecom.phone import PHONE, SURROUNDINGS, Apn, Permissions, Phone, Signal, Surroundings, Vpn
from environments.service.telecom.radio import mms_works, sim_status, speed
from environments.toolkit import ToolFailure, tool
from harness.core.message import Party

_BARS: dict[Signal, str] = {
    "none": "📵 No Signal",
    "poor": "📶¹ Poor",
    "fair": "📶² Fair",
    "good": "📶³ Good",
    "excellent": "📶⁴ Excellent",
}
_SIM = {
    "active": "Your SIM card is active and working.",
    "missing": "No SIM card detected in the phone.",
    "locked_pin": "The SIM card is locked with a PIN code.",
    "locked_puk": "The SIM card is locked with a PUK code.",
}
_ADVICE = {
    "Very Poor": "Connection is very slow. Basic web browsing might be difficult.",
    "Poor": "Connection is slow. Web browsing may be sluggish, streaming difficult.",
    "Fair": "Connection is okay for web browsing and some standard definition streaming.",
    "Good": "Connection is good for most activities, including HD streaming.",
    "Excellent": "Connection is very fast.",
}


def on_off(value: bool) -> str:
    """A switch, as the phone shows it."""
    return "ON" if value else "OFF"


def status_bar(phone: Phone) -> str:
    """The icons at the top of the screen."""
    icons: list[str] = []
    if phone.airplane_mode:
        icons.append("✈️ Airplane Mode")
    else:
        icons.append(_BARS[phone.network_signal_strength])
        connected = phone.network_technology_connected != "none"
        if connected:
            icons.append(phone.network_technology_connected)
        if connected and phone.data_enabled:
            icons.append("📱 Data Enabled")
            if phone.data_saver_mode:
                icons.append("🔽 Data Saver")
        else:
            icons.append("📵 Data Disabled")
    if phone.wifi_enabled and phone.wifi_connected:
        icons.append(f"📡 Connected to {phone.wifi_ssid}" if phone.wifi_ssid else "📡 Enabled")
    if phone.vpn_connected:
        icons.append("🔒 VPN Connected")
    icons.append(f"🔋 {phone.battery_level}%")
    return " | ".join(icons)


def mode_text(mode: object) -> str:
    """A network mode as the phone shows it.

    Raises:
        ToolFailure: it is no text: upstream stores anything, and complains where it wants to show it.
    """
    if not isinstance(mode, str):
        raise ToolFailure(f"{type(mode).__name__!r} object has no attribute 'value'")
    return mode


def apn_of(phone: Phone, wanted: str) -> Apn:
    """The phone's APN settings.

    Raises:
        ToolFailure: something else is stored there, which lacks what upstream `wanted` of it.
    """
    apn: object = phone.active_apn_settings
    if not isinstance(apn, Apn):
        raise ToolFailure(f"{type(apn).__name__!r} object has no attribute {wanted!r}")
    return apn


def granted(permissions: Permissions) -> list[str]:
    """The names of the permissions that an app has."""
    return [field.name for field in fields(permissions) if getattr(permissions, field.name)]


class Screen(Toolkit):
    """Looking at the phone changes nothing."""

    upstream_name = "TelecomUserTools"

    @property
    def phone(self) -> Phone:
        """The phone as it is now."""
        return self.state.one(PHONE)

    @property
    def around(self) -> Surroundings:
        """The surroundings as they are now."""
        return self.state.one(SURROUNDINGS)

    @tool(party=Party.USER)
    def check_status_bar(self) -> str:
        """Look at the icons at the top of your screen: signal, network type, data, VPN, battery."""
        return f"Status Bar: {status_bar(self.phone)}"

    @tool(party=Party.USER)
    def check_network_status(self) -> str:
        """Look at the connection details: airplane mode, SIM, signal, network type, data, roaming, Wi-Fi."""
        phone = self.phone
        lines = [
            f"Airplane Mode: {on_off(phone.airplane_mode)}",
            f"SIM Card Status: {sim_status(phone)}",
            f"Cellular Connection: {phone.network_connection_status}",
            f"Cellular Signal: {phone.network_signal_strength}",
            f"Cellular Network Type: {phone.network_technology_connected}",
            f"Mobile Data Enabled: {_yes_no(phone.data_enabled)}",
            f"Data Roaming Enabled: {_yes_no(phone.roaming_enabled)}",
            f"Wi-Fi Radio: {on_off(phone.wifi_enabled)}",
            f"Wi-Fi Connected: {_yes_no(phone.wifi_connected)}",
        ]
        if phone.wifi_connected:
            lines.append(f"Connected Wi-Fi Network: {phone.wifi_ssid}")
        return "\n".join(lines)

    @tool(party=Party.USER)
    def check_network_mode_preference(self) -> str:
        """Look up which network types your phone is set to use."""
        return f"Network Mode Preference: {mode_text(self.phone.network_mode_preference)}"

    @tool(party=Party.USER)
    def run_speed_test(self) -> str:
        """Measure how fast your phone downloads over mobile data."""
        mbps, label = speed(self.phone, self.around)
        if mbps is None:
            return f"Speed test failed: {label}."
        return f"Speed Test Result: {mbps:.2f} Mbps ({label}). {_ADVICE[label]}"

    @tool(party=Party.USER)
    def check_sim_status(self) -> str:
        """Look up whether your SIM card works, is missing, or is locked."""
        return _SIM[sim_status(self.phone)]

    @tool(party=Party.USER)
    def check_data_restriction_status(self) -> str:
        """Look up whether the data saver is on."""
        if self.phone.data_saver_mode:
            return "Data Saver mode is ON (limits data usage)."
        return "Data Saver mode is OFF."

    @tool(party=Party.USER)
    def check_apn_settings(self) -> str:
        """Look up the access point (APN) and the address for picture messages."""
        apn = apn_of(self.phone, "model_copy")
        return (
            f"Current APN Name: {apn.apn_name}\nMMSC URL (for picture messages): {apn.mmsc_url or 'Not Set'}\n"
            "(These are technical settings, usually best left unchanged.)"
        )

    @tool(party=Party.USER)
    def check_wifi_status(self) -> str:
        """Look up whether Wi-Fi is on, and to which network it is connected."""
        phone = self.phone
        if not phone.wifi_enabled:
            return "Wi-Fi is turned OFF."
        if not phone.wifi_connected:
            return "Wi-Fi is ON but not connected to any network."
        return f"Wi-Fi is ON and connected to '{phone.wifi_ssid}'. Signal strength: {phone.wifi_signal_strength}."

    @tool(party=Party.USER)
    def check_wifi_calling_status(self) -> str:
        """Look up whether Wi-Fi calling is on."""
        return f"Wi-Fi Calling is currently turned {on_off(self.phone.wifi_calling_enabled)}."

    @tool(party=Party.USER)
    def check_vpn_status(self) -> str:
        """Look up whether a VPN is connected, and to which server."""
        phone = self.phone
        if not phone.vpn_connected:
            return (
                "VPN is turned ON in settings, but currently not connected."
                if phone.vpn_enabled_setting
                else "VPN is turned OFF."
            )
        if phone.vpn_details is None:
            return "VPN is ON and connected (no specific details available)."
        return f"VPN is ON and connected. Details: {_vpn_details(phone.vpn_details)}"

    @tool(party=Party.USER)
    def check_installed_apps(self) -> str:
        """List the apps on your phone."""
        return f"The following apps are installed on the phone: {', '.join(self.phone.app_statuses)}"

    @tool(party=Party.USER)
    def check_app_status(self, app_name: str) -> str:
        """Look up the details of an app.

        Args:
            app_name: Name of the app.
        """
        app = self.phone.app_statuses.get(app_name)
        if app is None:
            return f"App '{app_name}' not found on this phone."
        names = granted(app.permissions)
        if not names:
            return f"Status for App: {app_name}\n - Permissions: None granted."
        return "\n".join(
            [f"Status for App: {app_name}", " - Permissions Granted:", *(f"   - {name}" for name in names)]
        )

    @tool(party=Party.USER)
    def check_app_permissions(self, app_name: str) -> str:
        """Look up what an app is allowed to do.

        Args:
            app_name: Name of the app.
        """
        app = self.phone.app_statuses.get(app_name)
        if app is None:
            return f"App '{app_name}' not found on this phone."
        names = granted(app.permissions)
        if not names:
            return f"App '{app_name}' currently has no permissions granted."
        return f"App '{app_name}' has permission for: {', '.join(names)}."

    @tool(party=Party.USER)
    def can_send_mms(self) -> str:
        """Try whether your messaging app can send picture messages."""
        word = "can" if mms_works(self.phone, self.around) else "cannot"
        return f"Your messaging app {word} send MMS messages."

    @tool(party=Party.USER)
    def check_payment_request(self) -> str:
        """Look up whether the agent asked you to pay a bill."""
        request = self.around.payment_request
        if request is None:
            return "No payment request has been made."
        return f"You have a payment request for bill {request.bill_id} of {request.amount_due} USD."


def _yes_no(value: bool) -> str:
    return "Yes" if value else "No"


def _vpn_details(vpn: Vpn) -> str:
    # Upstream shows the Python form of its own objects, an enum member included.
    level = vpn.server_performance
    return (
        f"{{'server_address': {vpn.server_address!r}, 'protocol': {vpn.protocol!r}, "
        f"'server_performance': <PerformanceLevel.{level.upper()}: {level!r}>}}"
    )
