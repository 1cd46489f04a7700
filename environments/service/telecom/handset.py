"""What the user can do with the phone: 15 writing tools.

A reply is the outcome and the status bar; what can't be done is said in the reply, not an error.
"""

from __future__ import annotations

from dataclasses import fields, replace
from enum import StrEnum
from typing import Annotated, cast, get_args

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from environments.service.telecom.phone import PHONE, SURROUNDINGS, USUAL_VPN, Apn, Mode, Permissions, Phone
from environments.service.telecom.radio import search, tune
from environments.service.telecom.screen import Screen, apn_of, mode_text, on_off, status_bar
from environments.toolkit import tool
from harness.core.message import Party

MODES = get_args(Mode)
ModeText = Annotated[str, WithJsonSchema({"type": "string", "enum": list(MODES)})]
"""Another text than one of the modes is answered in words, as upstream does."""


class APNNames(StrEnum):
    """Upstream's enum of access points; its complaint about another text lists them."""

    INTERNET = "internet"
    BROKEN = "broken"


class APNSettings(BaseModel):
    """The argument of `set_apn_settings`. Upstream shows pydantic's complaint, which names the model."""

    model_config = ConfigDict(extra="forbid")

    apn_name: APNNames = APNNames.INTERNET
    reset_at_reboot: bool = False
    mms_apn: str | None = "mms"
    mmsc_url: str | None = "http://mms.carrier.com/mms/wapenc"
    mms_proxy: str | None = None
    mms_port: int | None = None


class Handset(Screen):
    """Changes to the phone."""

    def put(self, phone: Phone, *, searching: bool = False) -> None:
        """Store the phone, after a network search where its radio is concerned."""
        try:
            self.state.put_one(PHONE, search(phone, self.around) if searching else phone)
        except AttributeError:
            # APN settings that are none: upstream finds out in the middle of the search, and what was done stays.
            self.state.put_one(PHONE, tune(phone, self.around))
            raise

    def reply(self, outcome: str) -> str:
        """An outcome with the status bar under it."""
        return f"{outcome}\nStatus Bar: {status_bar(self.phone)}"

    def flip_airplane_mode(self) -> None:
        """Airplane mode drops Wi-Fi and VPN, and neither comes back with the radio."""
        phone = replace(self.phone, airplane_mode=not self.phone.airplane_mode)
        if phone.airplane_mode or phone.wifi_enabled:
            phone = replace(phone, wifi_connected=False, wifi_ssid=None, wifi_signal_strength="none")
        if phone.airplane_mode and phone.vpn_connected:
            phone = replace(phone, vpn_connected=False, vpn_details=None)
        self.put(phone, searching=True)

    @tool(party=Party.USER, writes=True)
    def toggle_airplane_mode(self) -> str:
        """Switch airplane mode on or off; on, it cuts every wireless connection."""
        self.flip_airplane_mode()
        return self.reply(f"Airplane Mode is now {on_off(self.phone.airplane_mode)}.")

    @tool(party=Party.USER, writes=True)
    def toggle_data(self) -> str:
        """Switch mobile data on or off."""
        self.put(replace(self.phone, data_enabled=not self.phone.data_enabled), searching=True)
        return self.reply(f"Mobile Data is now {on_off(self.phone.data_enabled)}.")

    @tool(party=Party.USER, writes=True)
    def toggle_roaming(self) -> str:
        """Switch data roaming on or off: whether the phone uses data in other carriers' networks."""
        self.put(replace(self.phone, roaming_enabled=not self.phone.roaming_enabled), searching=True)
        return self.reply(f"Data Roaming is now {on_off(self.phone.roaming_enabled)}.")

    @tool(party=Party.USER, writes=True)
    def toggle_data_saver_mode(self) -> str:
        """Switch the data saver on or off; on, data gets slow."""
        self.put(replace(self.phone, data_saver_mode=not self.phone.data_saver_mode))
        return self.reply(f"Data Saver Mode is now {on_off(self.phone.data_saver_mode)}.")

    @tool(party=Party.USER, writes=True)
    def toggle_wifi(self) -> str:
        """Switch Wi-Fi on or off."""
        phone = self.phone
        if phone.airplane_mode:
            return self.reply("Cannot change Wi-Fi settings while Airplane Mode is ON.")
        phone = replace(phone, wifi_enabled=not phone.wifi_enabled)
        if not phone.wifi_enabled:
            phone = replace(phone, wifi_connected=False, wifi_ssid=None, wifi_signal_strength="none")
        self.put(phone)
        return self.reply(f"Wi-Fi is now {on_off(phone.wifi_enabled)}.")

    @tool(party=Party.USER, writes=True)
    def toggle_wifi_calling(self) -> str:
        """Switch Wi-Fi calling on or off: whether calls go over Wi-Fi."""
        self.put(replace(self.phone, wifi_calling_enabled=not self.phone.wifi_calling_enabled))
        return self.reply(f"Wi-Fi Calling is now {on_off(self.phone.wifi_calling_enabled)}.")

    @tool(party=Party.USER, writes=True)
    def set_network_mode_preference(self, mode: ModeText) -> str:
        """Set which network types your phone uses.

        Args:
            mode: The setting; newer network types are faster.
        """
        # Upstream looks only at texts whether they are a mode; anything else is stored as it is.
        if mode in MODES or not isinstance(mode, str):
            self.put(replace(self.phone, network_mode_preference=cast("Mode", mode)), searching=True)
            if mode is not None:
                return self.reply(f"Preferred Network Mode set to: {mode_text(mode)}")
        options = ", ".join(MODES)
        return self.reply(f"Failed to set network mode: '{mode}' is not a valid option. Please use one of: {options}")

    @tool(party=Party.USER, writes=True)
    def reseat_sim_card(self) -> str:
        """Take the SIM card out and put it in again."""
        self.put(replace(self.phone, sim_card_missing=False), searching=True)
        return self.reply("SIM card re-seated successfully.")

    @tool(party=Party.USER, writes=True)
    def set_apn_settings(self, apn_settings: Apn) -> str:
        """Replace the access point (APN) settings.

        Args:
            apn_settings: The new settings; what is left out gets its usual value.
        """
        apn = Apn(**APNSettings(**apn_settings).model_dump(mode="json")) if isinstance(apn_settings, dict) else None
        # What is no object is stored all the same, and only then found to have no name.
        self.state.put_one(PHONE, replace(self.phone, active_apn_settings=apn or apn_settings))
        outcome = f"APN settings set to: {apn_settings.apn_name if apn is None else apn.apn_name}"
        self.put(self.phone, searching=True)
        return self.reply(outcome)

    @tool(party=Party.USER, writes=True)
    def reset_apn_settings(self) -> str:
        """Have the access point (APN) settings reset at the next reboot."""
        apn = replace(apn_of(self.phone, "reset_at_reboot"), reset_at_reboot=True)
        self.put(replace(self.phone, active_apn_settings=apn), searching=True)
        return self.reply("APN settings will reset at reboot.")

    @tool(party=Party.USER, writes=True)
    def connect_vpn(self) -> str:
        """Connect to your VPN."""
        if self.phone.vpn_connected:
            return "VPN already connected."
        self.put(replace(self.phone, vpn_connected=True, vpn_details=USUAL_VPN))
        return self.reply("VPN connected successfully.")

    @tool(party=Party.USER, writes=True)
    def disconnect_vpn(self) -> str:
        """Disconnect the VPN."""
        if not self.phone.vpn_connected:
            return self.reply("No active VPN connection to disconnect.")
        self.put(replace(self.phone, vpn_connected=False, vpn_details=None))
        return self.reply("VPN disconnected successfully.")

    @tool(party=Party.USER, writes=True)
    def grant_app_permission(self, app_name: str, permission: str) -> str:
        """Allow an app something.

        Args:
            app_name: Name of the app.
            permission: sms, storage, phone or network.
        """
        app, wanted = self.phone.app_statuses.get(app_name), permission.lower()
        if app is None:
            return self.reply(f"Error. App '{app_name}' not found. Cannot grant permission.")
        known = [field.name for field in fields(Permissions)]
        if wanted not in known:
            untracked = f"Permission '{wanted}' not tracked for app '{app_name}', available permissions: {known}"
            return self.reply(f"Error. {untracked}")
        self.permit(app_name, wanted, allowed=True)
        return self.reply(f"Success. Permission '{wanted}' granted to app '{app_name}'.")

    @tool(party=Party.USER, writes=True)
    def reboot_device(self) -> str:
        """Restart your phone; it looks for the network anew."""
        phone, outcome = self.phone, "Restarting network services..."
        if phone.active_apn_settings.reset_at_reboot:
            phone, outcome = replace(phone, active_apn_settings=Apn()), f"Resetting APN settings...\n{outcome}"
        self.put(phone, searching=True)
        return self.reply(outcome)

    @tool(party=Party.USER, writes=True)
    def make_payment(self) -> str:
        """Pay the bill that the agent asked you to pay."""
        request = self.around.payment_request
        if request is None:
            return "You do not have a payment request."
        self.state.put_one(SURROUNDINGS, replace(self.around, payment_request=replace(request, paid=True)))
        return f"Payment of {request.amount_due} USD has been made for bill {request.bill_id}."

    def permit(self, app_name: str, permission: str, *, allowed: bool) -> None:
        """Give an installed app a permission, or take it."""
        app = self.phone.app_statuses[app_name]
        app = replace(app, permissions=replace(app.permissions, **{permission: allowed}))
        self.put(replace(self.phone, app_statuses={**self.phone.app_statuses, app_name: app}))
