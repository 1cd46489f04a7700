"""The user's whole toolkit: the phone's tools, helpers that bring faults about, and probes of the phone."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Literal

from environments.service.domain import helper, probe
from environments.service.telecom.handset import Handset
from environments.service.telecom.phone import SURROUNDINGS, Permissions
from environments.service.telecom.radio import data_works, mms_works, speed
from environments.service.telecom.screen import on_off


class Faults(Handset):
    """Helpers for a task's setup. Their texts are shown to nobody in an episode."""

    @helper
    def set_user_info(self, name: str, phone_number: str) -> None:
        """Say who holds the phone; from then on the two sides are kept in step."""
        self.state.put_one(SURROUNDINGS, replace(self.around, name=name, phone_number=phone_number))

    @helper
    def set_user_location(self, abroad: bool) -> None:
        """Say whether the user is outside the home network."""
        self.state.put_one(SURROUNDINGS, replace(self.around, is_abroad=abroad))

    @helper
    def turn_airplane_mode_on(self) -> str:
        """Airplane mode on."""
        return self._airplane_mode(on=True)

    @helper
    def turn_airplane_mode_off(self) -> str:
        """Airplane mode off."""
        return self._airplane_mode(on=False)

    @helper
    def turn_data_on(self) -> str:
        """Mobile data on; unlike the other switches, without a network search (upstream's way)."""
        self.put(replace(self.phone, data_enabled=True))
        return "Data connection restored."

    @helper
    def turn_data_off(self) -> str:
        """Mobile data off."""
        self.put(replace(self.phone, data_enabled=False), searching=True)
        return "Data connection broken."

    @helper
    def turn_roaming_on(self) -> str:
        """Data roaming on."""
        return self._roaming(on=True)

    @helper
    def turn_roaming_off(self) -> str:
        """Data roaming off."""
        return self._roaming(on=False)

    @helper
    def turn_data_saver_mode_on(self) -> str:
        """Data saver on."""
        return self._data_saver(on=True)

    @helper
    def turn_data_saver_mode_off(self) -> str:
        """Data saver off."""
        return self._data_saver(on=False)

    @helper
    def unseat_sim_card(self) -> str:
        """Loosen the SIM card; reseating it mends that."""
        self.put(replace(self.phone, sim_card_missing=True), searching=True)
        return "SIM card un-seated successfully."

    @helper
    def lock_sim_card(self, mode: Literal["pin", "puk"]) -> str:
        """Lock the SIM card; no tool unlocks it."""
        status: Literal["locked_pin", "locked_puk"] = "locked_pin" if mode == "pin" else "locked_puk"
        self.put(replace(self.phone, sim_card_status=status), searching=True)
        return f"SIM card locked successfully in {mode} mode."

    @helper
    def break_apn_settings(self) -> str:
        """Break the access point; a reset and a reboot mend it."""
        apn = replace(self.phone.active_apn_settings, apn_name="broken")
        self.put(replace(self.phone, active_apn_settings=apn), searching=True)
        return "APN settings broken. Please call reset_apn_settings() to fix."

    @helper
    def break_apn_mms_setting(self) -> str:
        """Lose the address for picture messages; a reset and a reboot mend it."""
        apn = replace(self.phone.active_apn_settings, mmsc_url=None)
        self.put(replace(self.phone, active_apn_settings=apn))
        return "APN MMS setting broken. Please call reset_apn_settings() to fix."

    @helper
    def set_wifi_calling(self, enabled: bool, mms_over_wifi: bool | None = None) -> str:
        """Switch Wi-Fi calling and, where given, picture messages over it."""
        over_wifi = self.phone.wifi_calling_mms_over_wifi if mms_over_wifi is None else mms_over_wifi
        self.put(replace(self.phone, wifi_calling_enabled=enabled, wifi_calling_mms_over_wifi=over_wifi))
        text = f"Wi-Fi Calling is now {on_off(enabled)}."
        return text if mms_over_wifi is None else f"{text}\nMMS over Wi-Fi is now {on_off(mms_over_wifi)}."

    @helper
    def break_vpn(self) -> str:
        """Connect a VPN whose server is poor."""
        self.connect_vpn()
        vpn = self.phone.vpn_details
        if vpn is not None:
            self.put(replace(self.phone, vpn_details=replace(vpn, server_performance="poor")))
        return "VPN connection broken."

    @helper
    def remove_app_permission(self, app_name: str, permission: str) -> tuple[bool, str]:
        """Take a permission from an app."""
        name = permission.lower()
        if app_name not in self.phone.app_statuses:
            return False, f"App '{app_name}' not found. Cannot remove permission."
        if name not in [field.name for field in fields(Permissions)]:
            return False, f"Permission '{name}' not tracked for app '{app_name}'."
        self.permit(app_name, name, allowed=False)
        return True, f"Permission '{name}' removed from app '{app_name}'."

    @helper
    def simulate_network_search(self) -> None:
        """Let the phone look for the network."""
        self.put(self.phone, searching=True)

    def _airplane_mode(self, *, on: bool) -> str:
        # Upstream flips the switch until it is as wanted: once, or twice with all that flipping does.
        self.flip_airplane_mode()
        if self.phone.airplane_mode != on:
            self.flip_airplane_mode()
        return f"Airplane Mode is now {on_off(on)}."

    def _roaming(self, *, on: bool) -> str:
        self.put(replace(self.phone, roaming_enabled=on), searching=True)
        return f"Data Roaming is now {on_off(on)}."

    def _data_saver(self, *, on: bool) -> str:
        self.put(replace(self.phone, data_saver_mode=on))
        return f"Data Saver Mode is now {on_off(on)}."


class UserTools(Faults):
    """All of the user's side."""

    @probe
    def assert_airplane_mode_status(self, expected_status: bool) -> bool:
        """Whether airplane mode is on, or off."""
        return self.phone.airplane_mode == expected_status

    @probe
    def assert_service_status(
        self, expected_status: Literal["connected", "searching", "no_service", "emergency_only"]
    ) -> bool:
        """Whether the phone is connected, or has no service."""
        return self.phone.network_connection_status == expected_status

    @probe
    def assert_mobile_data_status(self, expected_status: bool) -> bool:
        """Whether mobile data flows."""
        return data_works(self.phone, self.around) == expected_status

    @probe
    def assert_mobile_roaming_status(self, expected_status: bool) -> bool:
        """Whether the phone's roaming switch is on."""
        return self.phone.roaming_enabled == expected_status

    @probe
    def assert_mobile_data_saver_mode_status(self, expected_status: bool) -> bool:
        """Whether the data saver is on."""
        return self.phone.data_saver_mode == expected_status

    @probe
    def assert_internet_speed(self, expected_speed: float, expected_desc: str | None = None) -> bool:
        """Whether downloads run at so many Mbps or more and, where given, have this label."""
        mbps, label = speed(self.phone, self.around)
        fast = (mbps or 0.0) >= expected_speed
        return fast and (expected_desc is None or label.lower() == expected_desc.lower())

    @probe
    def assert_internet_not_excellent(self) -> bool:
        """Whether the connection is anything but excellent."""
        return speed(self.phone, self.around)[1] != "Excellent"

    @probe
    def assert_can_send_mms(self, expected_status: bool) -> bool:
        """Whether picture messages can be sent."""
        return mms_works(self.phone, self.around) == expected_status

    @probe
    def assert_mobile_data_usage_exceeded(self, expected_status: bool) -> bool:
        """Whether the month's data is used up."""
        return self.around.mobile_data_usage_exceeded == expected_status
