"""The device's settings: radios, levels, focus, battery, details."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from environments.shortcuts.records import Settings
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Value

_SWITCHES = (
    ("wifi.set", "wifi", "Wi-Fi"),
    ("bluetooth.set", "bluetooth", "Bluetooth"),
    ("airplanemode.set", "airplane_mode", "airplane mode"),
    ("cellulardata.set", "cellular_data", "cellular data"),
    ("lowpowermode.set", "low_power", "low power mode"),
)


def _switch(identifier: str, field: str, name: str) -> None:
    """Declare an action that sets or toggles a switch."""

    @action(
        identifier,
        "Settings",
        f"Switches {name} on or off.",
        Parameter("operation", ParameterType.ENUM, "Whether to set or toggle it.", "set", ("set", "toggle")),
        Parameter("OnValue", ParameterType.BOOLEAN, "On or off, for set.", True),
        writes=True,
    )
    def turn(run: Run, given: Arguments) -> None:
        before: bool = getattr(run.world.device.settings, field)
        after = not before if given.choice("operation") == "toggle" else given.boolean("OnValue")
        _change(run, **{field: after})


def _change(run: Run, **changes: bool | float | str) -> None:
    device = run.world.device
    # The keys are fields of Settings with values of their types: the callers above and below see to it.
    changed: Settings = replace(device.settings, **changes)  # type: ignore[arg-type]
    run.world.device = replace(device, settings=changed)


for _identifier, _field, _name in _SWITCHES:
    _switch(_identifier, _field, _name)


def _level(given: Arguments, name: str) -> float:
    level = given.number(name)
    if not 0 <= level <= 1:
        raise given.problem(name, "must be from 0 to 1")
    return float(round(level, 4))


@action(
    "setbrightness",
    "Settings",
    "Sets the screen's brightness.",
    Parameter("WFBrightness", ParameterType.NUMBER, "From 0 to 1.", 0.5),
    writes=True,
)
def set_brightness(run: Run, given: Arguments) -> None:
    """The screen is that bright."""
    _change(run, brightness=_level(given, "WFBrightness"))


@action(
    "setvolume",
    "Settings",
    "Sets a volume.",
    Parameter("WFVolume", ParameterType.NUMBER, "From 0 to 1.", 0.5),
    Parameter("WFVolumeSetting", ParameterType.ENUM, "Which.", "Media", ("Media", "Ringtone")),
    writes=True,
)
def set_volume(run: Run, given: Arguments) -> None:
    """The device is that loud."""
    level = _level(given, "WFVolume")
    if given.choice("WFVolumeSetting") == "Media":
        _change(run, volume=level)
    else:
        _change(run, ringtone=level)


@action(
    "dnd.set",
    "Settings",
    "Switches Do Not Disturb on or off.",
    Parameter("Operation", ParameterType.ENUM, "Whether to turn or toggle it.", "Turn", ("Turn", "Toggle")),
    Parameter("Enabled", ParameterType.BOOLEAN, "On or off, for Turn.", False),
    Parameter("AssertionType", ParameterType.TEXT, "Until when; only `Turned Off` has an effect here.", "Turned Off"),
    writes=True,
)
def set_focus(run: Run, given: Arguments) -> None:
    """Do Not Disturb is on or off."""
    toggle = given.choice("Operation") == "Toggle"
    _change(run, do_not_disturb=not run.world.device.settings.do_not_disturb if toggle else given.boolean("Enabled"))


@action(
    "appearance",
    "Settings",
    "Sets light or dark appearance.",
    Parameter("operation", ParameterType.ENUM, "Whether to set or toggle it.", "set", ("set", "toggle")),
    Parameter("style", ParameterType.ENUM, "Which.", "dark", ("dark", "light")),
    writes=True,
)
def set_appearance(run: Run, given: Arguments) -> None:
    """The device looks that way."""
    other = "light" if run.world.device.settings.appearance == "dark" else "dark"
    _change(run, appearance=other if given.choice("operation") == "toggle" else given.choice("style"))


@action(
    "flashlight",
    "Settings",
    "Switches the flashlight on or off.",
    Parameter("operation", ParameterType.ENUM, "Whether to set or toggle it.", "set", ("set", "toggle")),
    Parameter("state", ParameterType.BOOLEAN, "On or off, for set.", True, aliases=("WFFlashlightSetting",)),
    writes=True,
)
def set_flashlight(run: Run, given: Arguments) -> None:
    """The light is on or off."""
    toggle = given.choice("operation") == "toggle"
    _change(run, flashlight=not run.world.device.settings.flashlight if toggle else given.boolean("state"))


_DETAILS = (
    "Device Name", "Device Hostname", "Device Model", "Device Is Watch", "System Version",
    "Current Volume", "Current Brightness", "Current Appearance",
)  # fmt: skip


@action(
    "getdevicedetails",
    "Settings",
    "Tells something about the device.",
    Parameter("WFDeviceDetail", ParameterType.ENUM, "What.", "Device Name", _DETAILS),
    output="Device Details",
)
def device_details(run: Run, given: Arguments) -> Value:
    """The detail."""
    settings = run.world.device.settings
    details: dict[str, str | bool | Decimal] = {
        "Device Name": settings.device_name,
        "Device Hostname": settings.device_name.replace(" ", "-"),
        "Device Model": settings.device_model,
        "Device Is Watch": False,
        "System Version": settings.system_version,
        "Current Volume": Decimal(str(settings.volume)),
        "Current Brightness": Decimal(str(settings.brightness)),
        "Current Appearance": settings.appearance.capitalize(),
    }
    return (details[given.choice("WFDeviceDetail")],)


_BATTERY = ("Battery Level", "Is Charging", "Is Connected to Charger")


@action(
    "getbatterylevel",
    "Settings",
    "Tells the battery's level in percent, or whether it is charging.",
    Parameter("Subject", ParameterType.ENUM, "What.", "Battery Level", _BATTERY),
    output="Battery State",
)
def battery(run: Run, given: Arguments) -> Value:
    """The level, or yes or no."""
    settings = run.world.device.settings
    return (Decimal(settings.battery_percent) if given.choice("Subject") == "Battery Level" else settings.charging,)
