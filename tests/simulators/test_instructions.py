"""What a user with a telecom phone understands of what agents really say; where in doubt, it does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.service.telecom.handset import Handset
from environments.toolkit import tools_of
from harness.core.message import Party, ToolSpec
from simulators.instructions import understand

TOOLS = [held.spec for (party, _), held in tools_of(Handset).items() if party is Party.USER]

SAID = [
    ("please turn off airplane mode", ["toggle_airplane_mode() off"]),
    ("toggle your mobile data", ["toggle_data()"]),
    ("restart the phone", ["reboot_device()"]),
    ("can you check the status bar?", ["check_status_bar()"]),
    ("reset your APN settings and reboot", ["reset_apn_settings()", "reboot_device()"]),
    ("grant the messaging app the sms permission", ["grant_app_permission(app_name=messaging, permission=sms)"]),
    ("set network mode to 4G/5G preferred", ["set_network_mode_preference(mode=4g_5g_preferred)"]),
    ("make the payment", ["make_payment()"]),
    ("run a speed test", ["run_speed_test()"]),
    ("Could you please restart your device and let me know if it works?", ["reboot_device()"]),
    ("Please go to your settings and turn on Data Roaming.", ["toggle_roaming() on"]),
    (
        "First, toggle airplane mode on, wait 10 seconds, then turn it off.",
        ["toggle_airplane_mode() on", "toggle_airplane_mode() off"],
    ),
    ("Turn airplane mode on and off again.", ["toggle_airplane_mode() on", "toggle_airplane_mode() off"]),
    ("Turn your phone off and back on again.", ["reboot_device()"]),
    ("Would you mind turning off Wi-Fi Calling?", ["toggle_wifi_calling() off"]),
    ("I'd like you to disable Data Saver mode.", ["toggle_data_saver_mode() off"]),
    ("Please disconnect your VPN.", ["disconnect_vpn()"]),
    ("Turn off the VPN, please.", ["disconnect_vpn()"]),
    ("Could you turn your VPN on?", ["connect_vpn()"]),
    ("Please remove and re-insert your SIM card.", ["reseat_sim_card()"]),
    ("Please re-seat the SIM card and then check the status bar.", ["reseat_sim_card()", "check_status_bar()"]),
    ("Take the SIM card out and put it back in, please.", ["reseat_sim_card()"]),
    ("Is airplane mode turned on?", ["check_network_status()"]),
    ("Can you check whether airplane mode is on?", ["check_network_status()"]),
    ("Check if airplane mode is on, and if so turn it off.", ["check_network_status()", "toggle_airplane_mode() off"]),
    ("Check whether mobile data is on. If not, please turn it on.", ["check_network_status()", "toggle_data() on"]),
    ("Check whether mobile data is on, and if not, restart your phone.", ["check_network_status()"]),
    ("Check whether airplane mode is on; if it is, restart your phone.", ["check_network_status()"]),
    ("Please restart your phone, otherwise toggle airplane mode.", ["reboot_device()"]),
    ("If airplane mode is on, turn it off.", ["toggle_airplane_mode() off"]),
    ("Please turn off airplane mode if it's on.", ["toggle_airplane_mode() off"]),
    ("If that doesn't work, restart your phone.", []),
    ("If the issue persists, please restart your phone.", []),
    ("Please restart your phone if the problem persists.", []),
    ("Please don't restart your phone and reset the APN.", []),
    ("What does your status bar show?", ["check_status_bar()"]),
    ("Which network mode is your phone set to?", ["check_network_mode_preference()"]),
    ("Is Data Saver mode on?", ["check_data_restriction_status()"]),
    ("Is your mobile data turned on?", ["check_network_status()"]),
    ("Is data roaming enabled on your phone?", ["check_network_status()"]),
    ("Are you connected to a VPN?", ["check_vpn_status()"]),
    ("Is Wi-Fi calling enabled?", ["check_wifi_calling_status()"]),
    ("Which permissions does the messaging app have?", ["check_app_permissions(app_name=messaging)"]),
    ("Could you check the permissions of your messaging app?", ["check_app_permissions(app_name=messaging)"]),
    ("Can you send an MMS now?", ["can_send_mms()"]),
    ("Please try sending a picture message.", ["can_send_mms()"]),
    ("Please test whether you can send MMS.", ["can_send_mms()"]),
    ("Please check your internet speed.", ["run_speed_test()"]),
    ("Could you run a speed test and tell me the result?", ["run_speed_test()"]),
    ("Please check the payment request and accept it.", ["check_payment_request()", "make_payment()"]),
    ("I've sent you a payment request for 65 USD. Please pay it now.", ["make_payment()"]),
    ("Please pay the bill.", ["make_payment()"]),
    ("Have you received the payment request?", ["check_payment_request()"]),
    (
        "Please allow the messaging app to access storage.",
        ["grant_app_permission(app_name=messaging, permission=storage)"],
    ),
    (
        "Grant both the SMS and storage permissions to the Messages app.",
        [
            "grant_app_permission(app_name=messaging, permission=sms)",
            "grant_app_permission(app_name=messaging, permission=storage)",
        ],
    ),
    ("Please give your messaging app SMS access.", ["grant_app_permission(app_name=messaging, permission=sms)"]),
    (
        "Please enable the storage permission for your messaging app.",
        ["grant_app_permission(app_name=messaging, permission=storage)"],
    ),
    (
        "Please change your preferred network type from 2G only to 4G/5G preferred.",
        ["set_network_mode_preference(mode=4g_5g_preferred)"],
    ),
    ("Set the network mode preference to '4g_only'.", ["set_network_mode_preference(mode=4g_only)"]),
    ("Please switch your phone's network mode to 5G.", ["set_network_mode_preference(mode=4g_5g_preferred)"]),
    ("Please set the network mode to 4G.", []),
    ("Change your network mode preference to prefer 4G/5G.", ["set_network_mode_preference(mode=4g_5g_preferred)"]),
    ("Please change the network mode.", []),
    ("Turn on mobile data and roaming.", ["toggle_data() on", "toggle_roaming() on"]),
    ("Check your SIM status and APN settings.", ["check_sim_status()", "check_apn_settings()"]),
    (
        "1. Turn off data saver.\n2. Disconnect the VPN.\n3. Run a speed test.",
        ["toggle_data_saver_mode() off", "disconnect_vpn()", "run_speed_test()"],
    ),
    ("- Toggle airplane mode\n- Restart your phone", ["toggle_airplane_mode()", "reboot_device()"]),
    ("Please check your network status.", ["check_network_status()"]),
    ("Please check the network mode preference.", ["check_network_mode_preference()"]),
    ("Please check your SIM card.", ["check_sim_status()"]),
    ("What apps are installed on your phone?", ["check_installed_apps()"]),
    ("Please make sure that mobile data is on.", ["toggle_data() on"]),
    ("Make sure to restart your phone afterwards.", ["reboot_device()"]),
    ("Once you have done that, please reboot your device.", ["reboot_device()"]),
    ("I have enabled roaming on your line, so please restart your phone.", ["reboot_device()"]),
    ("I can see that airplane mode is on. Please turn it off.", ["toggle_airplane_mode() off"]),
    ("Airplane mode seems to be on. Could you switch it off?", ["toggle_airplane_mode() off"]),
    ("I will enable roaming for your line now.", []),
    ("Would you like me to enable roaming?", []),
    ("Do you want me to refuel 2 GB of data?", []),
    ("Shall I send you a payment request?", []),
    ("Your line is suspended because of an overdue bill.", []),
    ("What is your phone number?", []),
    ("Could you give me your phone number?", []),
    ("May I have your full name and phone number?", []),
    ("Restart the messaging app.", []),
    ("Please turn on the lights.", []),
    ("Are you currently abroad?", []),
    ("Thank you for your patience.", []),
    ("Is it working now?", []),
    ("How can I help you today?", []),
    ("You can now use your mobile data.", []),
    ("Toggle airplane mode on your phone.", ["toggle_airplane_mode()"]),
    ("Please reset the APN settings to default, then restart your phone.", ["reset_apn_settings()", "reboot_device()"]),
    ("Reset your access point settings.", ["reset_apn_settings()"]),
    ("Let's try toggling airplane mode.", ["toggle_airplane_mode()"]),
    ("Have you tried restarting your phone?", ["reboot_device()"]),
    ("I'd recommend restarting your phone.", ["reboot_device()"]),
    ("I'll need you to turn on mobile data.", ["toggle_data() on"]),
    ("Can you tell me what you see at the top of your screen?", ["check_status_bar()"]),
    ("Next, let me know what the status bar shows.", ["check_status_bar()"]),
    ("Please try again and tell me whether the speed is better: run a speed test.", ["run_speed_test()"]),
    ("Turn Wi-Fi calling off and try sending an MMS again.", ["toggle_wifi_calling() off", "can_send_mms()"]),
    ("Could you open your settings and check whether the SIM card is active?", ["check_sim_status()"]),
    ("Please turn data saver off.", ["toggle_data_saver_mode() off"]),
    ("Deactivate airplane mode", ["toggle_airplane_mode() off"]),
    (
        "Your phone is set to 2G only. Please change it to 4G/5G preferred.",
        ["set_network_mode_preference(mode=4g_5g_preferred)"],
    ),
    ("Please set your APN settings.", []),
    ("**Step 1:** Please turn on **mobile data**.", ["toggle_data() on"]),
    (
        "The messaging app lacks the storage permission. Could you grant it?",
        ["grant_app_permission(app_name=messaging, permission=storage)"],
    ),
    ("Please take a look at your status bar and tell me what it shows.", ["check_status_bar()"]),
    ("I'm going to resume your line. After that, please restart your phone.", ["reboot_device()"]),
]
"""Each with the calls it asks for, and for a switch the state that is wished for."""


def understood(text: str, tools: list[ToolSpec] = TOOLS) -> list[str]:
    return [
        f"{step.call.name}({', '.join(f'{name}={value}' for name, value in step.call.arguments.items())})"
        + f" {step.wanted}".rstrip()
        for step in understand(text, tools).steps
    ]


@pytest.mark.parametrize(("text", "calls"), SAID)
def test_what_an_agent_says_becomes_calls_of_the_right_tools_in_its_order(text: str, calls: list[str]) -> None:
    assert understood(text) == calls


@pytest.mark.parametrize(
    "spec", [spec for spec in TOOLS if spec.name != "set_apn_settings"], ids=lambda spec: spec.name
)
def test_every_tool_can_be_asked_for_by_its_name_in_words(spec: ToolSpec) -> None:
    # The argument of `set_apn_settings` is an object, which words can't hold.
    given = {"app_name": " of the 'messaging' app", "permission": " sms", "mode": " 4g_only"}
    wanted = "".join(text for name, text in given.items() if name in spec.parameters["properties"])  # type: ignore[operator]
    (call,) = understand(f"Please {spec.name.replace('_', ' ')}{wanted}.", TOOLS).calls
    assert call.name == spec.name
    assert set(call.arguments) == set(spec.parameters["properties"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("Please set the network mode to 4G.", ("mode",)),
        ("Please set your APN settings.", ("apn settings",)),
        ("Please check the permissions of the app.", ("app name",)),
        ("Please grant the messaging app a permission.", ("permission",)),
    ],
)
def test_what_a_request_leaves_open_is_named(text: str, unclear: tuple[str, ...]) -> None:
    asked = understand(text, TOOLS)
    assert (asked.steps, asked.unclear) == ((), unclear)


def test_two_tools_that_fit_equally_well_are_both_named_and_neither_is_used() -> None:
    twins = [ToolSpec(name=name, description="", parameters={}) for name in ("toggle_left_lamp", "toggle_lamp_left")]
    asked = understand("Please turn on the left lamp.", twins)
    assert (asked.steps, asked.unclear) == ((), ("toggle left lamp or toggle lamp left",))


@pytest.mark.parametrize(
    ("text", "question"), [("Is airplane mode on?", True), ("Could you check whether airplane mode is on?", False)]
)
def test_a_question_is_told_from_a_request(text: str, question: bool) -> None:
    assert [step.question for step in understand(text, TOOLS).steps] == [question]


PIECES = sorted({word for text, _ in SAID for word in text.split()})


@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=80))
def test_whatever_is_said_only_tools_that_exist_are_called_with_all_they_need(text: str) -> None:
    by_name = {spec.name: spec for spec in TOOLS}
    for call in understand(text, TOOLS).calls:
        required = by_name[call.name].parameters.get("required", [])
        assert isinstance(required, list)
        assert set(map(str, required)) <= set(call.arguments)
