"""Switches and levels of the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict


@dataclass(frozen=True, slots=True)
class Settings:
    """Switches and levels of the device."""

    wifi: bool = True
    bluetooth: bool = True
    airplane_mode: bool = False
    cellular_data: bool = True
    low_power: bool = False
    do_not_disturb: bool = False
    focus: str = "Do Not Disturb"
    """Which focus is meant by `do_not_disturb`."""
    flashlight: bool = False
    appearance: Literal["light", "dark"] = "light"
    brightness: float = 0.6
    """0 to 1, as `volume` and `ringtone`."""
    volume: float = 0.5
    ringtone: float = 0.5
    battery_percent: int = 80
    charging: bool = False
    device_name: str = "iPhone"
    device_model: str = "iPhone 15"
    system_version: str = "18.1"
    locked: bool = False
    """While it is locked, actions that touch personal data are refused; only the user can unlock it."""
    orientation_lock: bool = False
    night_shift: bool = False
    true_tone: bool = True
    always_on_display: bool = True
    personal_hotspot: bool = False
    hotspot_password: str = "hotspot"
    announce_notifications: bool = False
    silence_unknown_callers: bool = False
    stage_manager: bool = False
    vpn: bool = False
    listening_mode: str = "Off"
    text_size: str = "Large"
    assistive_touch: bool = False
    voice_over: bool = False
    voice_control: bool = False
    zoom: bool = False
    increase_contrast: bool = False
    reduce_motion: bool = False
    reduce_transparency: bool = False
    reduce_white_point: bool = False
    audio_descriptions: bool = False
    guided_access: bool = False
    wallpaper: str = ""
    """The name of the picture."""
    now_playing: str = ""
    """The title of the song."""
    playing: bool = False
    shuffle: bool = False
    repeat: Literal["None", "One", "All"] = "None"
    speaker: str = "iPhone"
    location: str = ""
    """The name of the place where the device is."""
    parked_car: str = ""
    """The name of the place where the car is."""
    wifi_network: str = "Home"
    local_ip: str = "192.168.1.23"
    external_ip: str = "203.0.113.40"
    carrier: str = "Carrier"
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    @property
    def online(self) -> bool:
        """Whether something can be sent: Wi-Fi, or cellular data outside airplane mode."""
        return self.wifi or (self.cellular_data and not self.airplane_mode)
