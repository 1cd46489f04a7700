"""The device's settings: radios, levels, focus, battery, details."""

from __future__ import annotations

from decimal import Decimal

from environments.shortcuts.coercion import images_of, item_text, lookup
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, Value

_SWITCHES = (
    ("wifi.set", "wifi", "Wi-Fi"),
    ("bluetooth.set", "bluetooth", "Bluetooth"),
    ("airplanemode.set", "airplane_mode", "airplane mode"),
    ("cellulardata.set", "cellular_data", "cellular data"),
    ("lowpowermode.set", "low_power", "low power mode"),
    ("orientationlock.set", "orientation_lock", "the lock of the orientation"),
    ("nightshift.set", "night_shift", "Night Shift"),
    ("truetone.set", "true_tone", "True Tone"),
    ("display.always-on.set", "always_on_display", "the display that is always on"),
    ("personalhotspot.set", "personal_hotspot", "the personal hotspot"),
    ("announcenotifications.set", "announce_notifications", "the reading of notifications"),
    ("silenceunknowncallers.set", "silence_unknown_callers", "the silence for unknown callers"),
)
_ACCESS = "com.apple.AccessibilityUtilities.AXSettingsShortcuts"
_ACCESS_SWITCHES = (
    ("AXToggleVoiceOverIntent", "voice_over", "VoiceOver"),
    ("AXToggleVoiceControlIntent", "voice_control", "Voice Control"),
    ("AXToggleZoomIntent", "zoom", "Zoom"),
    ("AXToggleContrastIntent", "increase_contrast", "more contrast"),
    ("AXToggleReduceMotionIntent", "reduce_motion", "less motion"),
    ("AXToggleTransparencyIntent", "reduce_transparency", "less transparency"),
    ("AXToggleWhitePointIntent", "reduce_white_point", "a lower white point"),
    ("AXToggleAudioDescriptionsIntent", "audio_descriptions", "audio descriptions"),
    ("AXToggleAssistiveTouchIntent", "assistive_touch", "AssistiveTouch"),
)


def _switch(identifier: str, field: str, name: str, value: str = "OnValue") -> None:
    """Declare an action that sets or toggles a switch."""

    @action(
        identifier,
        "Settings",
        f"Switches {name} on or off.",
        Parameter("operation", ParameterType.ENUM, "Whether to set or toggle it.", "set", ("set", "toggle")),
        Parameter(value, ParameterType.BOOLEAN, "On or off, for set.", True),
        writes=True,
    )
    def turn(run: Run, given: Arguments) -> None:
        before: bool = getattr(run.world.device.settings, field)
        after = not before if given.choice("operation") == "toggle" else given.boolean(value)
        run.world.set(**{field: after})


for _identifier, _field, _name in _SWITCHES:
    _switch(_identifier, _field, _name)
_switch("stagemanager.set", "stage_manager", "Stage Manager", "state")


def _access_switch(intent: str, field: str, name: str) -> None:
    """Declare an action that turns or toggles an aid."""

    @action(
        f"{_ACCESS}.{intent}",
        "Settings",
        f"Switches {name} on or off.",
        Parameter("operation", ParameterType.ENUM, "Whether to turn or toggle it.", "turn", ("turn", "toggle")),
        Parameter("state", ParameterType.TEXT, "`on` or `off`, for turn.", "on"),
        writes=True,
    )
    def turn(run: Run, given: Arguments) -> None:
        before: bool = getattr(run.world.device.settings, field)
        after = not before if given.choice("operation") == "toggle" else given.boolean("state")
        run.world.set(**{field: after})


for _identifier, _field, _name in _ACCESS_SWITCHES:
    _access_switch(_identifier, _field, _name)


@action(
    f"{_ACCESS}.AXSetLargeTextIntent",
    "Settings",
    "Sets the size of text.",
    Parameter("textSize", ParameterType.TEXT, "Such as Small, Medium, Default, ExtraLarge.", "Default"),
    writes=True,
)
def set_text_size(run: Run, given: Arguments) -> None:
    """Text is that large."""
    size = given.text("textSize").strip()
    run.world.set(text_size="Large" if size in ("", "Default") else size)


@action(f"{_ACCESS}.AXStartGuidedAccessIntent", "Settings", "Starts Guided Access.", writes=True)
def start_guided_access(run: Run, given: Arguments) -> None:
    """It is on."""
    run.world.set(guided_access=True)


@action(
    "vpn.set",
    "Settings",
    "Connects or disconnects the VPN.",
    Parameter(
        "WFVPNOperation",
        ParameterType.ENUM,
        "Which.",
        "Connect",
        ("Connect", "Disconnect", "Toggle"),
        also=("Set Connect On Demand",),
    ),
    Parameter("WFOnDemandValue", ParameterType.BOOLEAN, "Whether it connects by itself.", True),
    Parameter("WFVPN", ParameterType.ANY, "Which VPN; here there is one."),
    writes=True,
)
def set_vpn(run: Run, given: Arguments) -> None:
    """It is connected or not."""
    how = given.choice("WFVPNOperation")
    before = run.world.device.settings.vpn
    run.world.set(vpn={"Connect": True, "Disconnect": False, "Toggle": not before}.get(how, before))


@action(
    "listeningmode.set",
    "Settings",
    "Sets the noise control of headphones.",
    Parameter("WFListeningMode", ParameterType.TEXT, "Such as Transparency or Noise Cancellation."),
    Parameter("WFRoute", ParameterType.ANY, "Which headphones."),
    writes=True,
)
def set_listening(run: Run, given: Arguments) -> None:
    """It is set."""
    run.world.set(listening_mode=given.text("WFListeningMode").strip() or "Off")


@action(
    "personalhotspot.password.set",
    "Settings",
    "Sets the hotspot's password.",
    Parameter("WFInput", ParameterType.TEXT, "The password.", is_input=True),
    writes=True,
    personal=True,
)
def set_hotspot_password(run: Run, given: Arguments) -> None:
    """It is set."""
    password = given.text("WFInput")
    if len(password) < 8:
        raise given.problem("WFInput", "must have 8 characters or more")
    run.world.set(hotspot_password=password)


@action(
    "personalhotspot.password.get",
    "Settings",
    "Tells the hotspot's password.",
    output="Personal Hotspot Password",
    personal=True,
)
def hotspot_password(run: Run, given: Arguments) -> Value:
    """The password."""
    return (run.world.device.settings.hotspot_password,)


@action("lockscreen", "Settings", "Locks the device.", writes=True)
def lock(run: Run, given: Arguments) -> None:
    """Only the user can unlock it."""
    run.world.set(locked=True)


@action(
    "wallpaper.set",
    "Settings",
    "Sets the wallpaper.",
    Parameter("WFInput", ParameterType.ANY, "The picture.", is_input=True, aliases=("WFSelectedPoster",)),
    Parameter("WFWallpaperLocation", ParameterType.ANY, "On which screens."),
    Parameter("WFWallpaperShowPreview", ParameterType.BOOLEAN, "Whether the user sees it first.", True),
    output="Wallpaper",
    writes=True,
)
def set_wallpaper(run: Run, given: Arguments) -> Value:
    """The picture."""
    found = images_of(given.value("WFInput"), run.clock)
    if not found:
        raise given.problem("WFInput", "must hold a picture")
    run.world.set(wallpaper=found[0].name)
    return found[:1]


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
    run.world.set(brightness=_level(given, "WFBrightness"))


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
        run.world.set(volume=level)
    else:
        run.world.set(ringtone=level)


@action(
    "dnd.set",
    "Settings",
    "Switches Do Not Disturb, or another focus, on or off.",
    Parameter("Operation", ParameterType.ENUM, "Whether to turn or toggle it.", "Turn", ("Turn", "Toggle")),
    Parameter("Enabled", ParameterType.BOOLEAN, "On or off, for Turn.", False),
    Parameter("AssertionType", ParameterType.TEXT, "Until when; only `Turned Off` has an effect here.", "Turned Off"),
    Parameter("FocusModes", ParameterType.ANY, "Which focus.", "Do Not Disturb"),
    writes=True,
)
def set_focus(run: Run, given: Arguments) -> None:
    """The focus is on or off."""
    toggle = given.choice("Operation") == "Toggle"
    held = given.value("FocusModes")
    name = lookup(held[0], "DisplayString") if held else None
    focus = (item_text(held[0] if name is None else name, run.clock) if held else "").strip() or "Do Not Disturb"
    run.world.set(focus=focus)
    run.world.set(do_not_disturb=not run.world.device.settings.do_not_disturb if toggle else given.boolean("Enabled"))


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
    run.world.set(appearance=other if given.choice("operation") == "toggle" else given.choice("style"))


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
    run.world.set(flashlight=not run.world.device.settings.flashlight if toggle else given.boolean("state"))


_DETAILS = (
    "Device Name", "Device Hostname", "Device Model", "Device Is Watch", "System Version",
    "Current Volume", "Current Brightness", "Current Appearance", "Screen Width", "Screen Height",
    "System Build Number",
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
        "Screen Width": Decimal(1179),
        "Screen Height": Decimal(2556),
        "System Build Number": "22B83",
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


@action("dnd.getfocus", "Settings", "Tells which focus is on.", output="Current Focus")
def current_focus(run: Run, given: Arguments) -> Value:
    """Its name; nothing where none is on."""
    settings = run.world.device.settings
    return (settings.focus,) if settings.do_not_disturb else NOTHING


_WIFI = ("Network Name", "BSSID", "Wi-Fi Standard", "RX Rate", "TX Rate", "RSSI", "Noise", "Channel Number",
         "Hardware MAC Address")  # fmt: skip
_CELLULAR = ("Carrier Name", "Radio Technology", "Country Code", "Is Roaming Abroad", "Number of Signal Bars")


@action(
    "getwifi",
    "Settings",
    "Tells something about the network.",
    Parameter("WFNetworkDetailsNetwork", ParameterType.ENUM, "Of which.", "Wi-Fi", ("Wi-Fi", "Cellular")),
    Parameter("WFWiFiDetail", ParameterType.ENUM, "What, of the Wi-Fi.", "Network Name", _WIFI),
    Parameter("WFCellularDetail", ParameterType.ENUM, "What, of the cellular network.", "Carrier Name", _CELLULAR),
    output="Network Details",
)
def network(run: Run, given: Arguments) -> Value:
    """The detail; nothing where there is no such network."""
    settings = run.world.device.settings
    details: dict[str, str | bool | Decimal]
    if given.choice("WFNetworkDetailsNetwork") == "Wi-Fi":
        details = {
            "Network Name": settings.wifi_network,
            "BSSID": "02:00:00:00:00:01",
            "Wi-Fi Standard": "802.11ax",
            "RX Rate": Decimal(600),
            "TX Rate": Decimal(600),
            "RSSI": Decimal(-52),
            "Noise": Decimal(-90),
            "Channel Number": Decimal(36),
            "Hardware MAC Address": "02:00:00:00:00:00",
        }
        return (details[given.choice("WFWiFiDetail")],) if settings.wifi else NOTHING
    details = {
        "Carrier Name": settings.carrier,
        "Radio Technology": "5G",
        "Country Code": "US",
        "Is Roaming Abroad": False,
        "Number of Signal Bars": Decimal(3),
    }
    there = settings.cellular_data and not settings.airplane_mode
    return (details[given.choice("WFCellularDetail")],) if there else NOTHING
