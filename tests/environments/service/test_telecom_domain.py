"""Telecom: the two sides, the sync between them, and the physics of the phone (reference, section 6)."""

from __future__ import annotations

import json

import pytest

from environments.service.telecom.phone import Phone, Surroundings
from environments.service.telecom.radio import search, speed
from harness.core.message import Party

NOOR = ("user", "set_user_info", {"name": "Noor Haddad", "phone_number": "555-301-7701"})
KENJI = ("user", "set_user_info", {"name": "Kenji Mori", "phone_number": "555-301-7705"})
LINE = {"customer_id": "C501", "line_id": "L701"}
ABROAD = ("user", "set_user_location", {"abroad": True})


def test_both_sides_have_all_of_upstreams_tools(desk, start):
    player = start(desk)
    agent = {tool.name for tool in player.world.tools(Party.AGENT)}
    user = list(player.world.tools(Party.USER))
    assert len(agent) == 13
    assert len(user) == 30
    assert sum(tool.writes for tool in user) == 15
    assert not [tool.name for tool in user if tool.name.startswith(("assert_", "turn_", "break_", "set_user"))]


class TestPhysics:
    @pytest.mark.parametrize(
        ("mode", "technology", "signal", "mbps", "label"),
        [
            ("4g_5g_preferred", "5G", "excellent", 275.0, "Excellent"),
            ("4g_only", "4G", "good", 44.0, "Good"),
            ("3g_only", "3G", "fair", 1.5, "Poor"),
            ("2g_only", "2G", "poor", 0.05, "Very Poor"),
        ],
    )
    def test_a_search_connects_as_mode_and_reception_allow(self, mode, technology, signal, mbps, label):
        around = Surroundings()
        phone = search(Phone(network_mode_preference=mode), around)
        assert (phone.network_technology_connected, phone.network_signal_strength) == (technology, signal)
        assert speed(phone, around) == (mbps, label)

    def test_before_any_search_the_speed_is_220(self):
        assert speed(Phone(), Surroundings()) == (220.0, "Excellent")

    def test_without_5g_reception_the_phone_falls_back_to_4g(self):
        around = Surroundings(signal_strength={"4G": "fair"})
        phone = search(Phone(), around)
        assert (phone.network_technology_connected, phone.network_signal_strength) == ("4G", "fair")

    @pytest.mark.parametrize(
        "fault",
        [
            ("lock_sim_card", {"mode": "puk"}),
            ("unseat_sim_card", {}),
            ("break_apn_settings", {}),
            ("turn_airplane_mode_on", {}),
        ],
    )
    def test_each_fault_of_the_radio_takes_service_and_data(self, desk, start, fault):
        player = start(desk, NOOR, ("user", *fault))
        assert player.probe(Party.USER, "assert_service_status", expected_status="no_service") is True
        assert player.user("run_speed_test") == "Speed test failed: No Connection."

    def test_a_poor_vpn_and_the_data_saver_multiply(self, desk, start):
        player = start(desk, NOOR, ("user", "simulate_network_search", {}), ("user", "break_vpn", {}))
        assert "27.50 Mbps (Good)" in player.user("run_speed_test")
        player.user("toggle_data_saver_mode")
        assert "5.50 Mbps (Fair)" in player.user("run_speed_test")


class TestSync:
    def test_roaming_needs_the_line_and_the_phone(self, desk, start):
        player = start(desk, NOOR, ABROAD)
        works = lambda: player.probe(Party.USER, "assert_mobile_data_status", expected_status=True)  # noqa: E731
        assert works() is False
        player.user("toggle_roaming")
        assert works() is False
        assert player.agent("enable_roaming", **LINE) == "Roaming enabled successfully"
        assert works() is True
        assert player.agent("enable_roaming", **LINE) == "Roaming was already enabled"
        player.agent("disable_roaming", **LINE)
        assert works() is False

    def test_a_used_up_quota_stops_data_until_enough_is_refueled(self, desk, start):
        player = start(desk, NOOR, ("agent", "set_data_usage", {**LINE, "data_used_gb": 13.0}))
        assert player.probe(Party.USER, "assert_mobile_data_usage_exceeded", expected_status=True) is True
        first = json.loads(player.agent("refuel_data", **LINE, gb_amount=1))
        assert first == {
            "message": "Successfully added 1 GB of data for line L701 for $2.50",
            "new_data_refueling_gb": "1.0",
            "charge": "2.5",
        }
        assert player.probe(Party.USER, "assert_mobile_data_usage_exceeded", expected_status=True) is True
        player.agent("refuel_data", **LINE, gb_amount=0.5)
        assert player.probe(Party.USER, "assert_mobile_data_status", expected_status=True) is True
        draft = json.loads(player.agent("get_details_by_id", id="B803"))
        assert draft["total_due"] == 3.75
        assert [item["amount"] for item in draft["line_items"]] == [2.5, 1.25]

    def test_a_suspended_line_loses_service_with_the_next_search_and_gets_it_back_with_the_next(self, desk, start):
        player = start(desk, NOOR)
        connected = lambda: player.probe(Party.USER, "assert_service_status", expected_status="connected")  # noqa: E731
        player.agent("suspend_line", **LINE, reason="lost")
        assert connected() is True
        player.user("reboot_device")
        assert connected() is False
        player.agent("resume_line", **LINE)
        assert connected() is False
        player.user("reboot_device")
        assert connected() is True

    def test_a_payment_goes_from_the_desk_to_the_phone_and_back(self, desk, start):
        bill = {"customer_id": "C504", "line_id": "L705", "new_bill_id": "B9", "contract_ended": False}
        player = start(desk, KENJI, ("agent", "suspend_line_for_overdue_bill", bill))
        assert player.user("check_payment_request") == "No payment request has been made."
        assert player.user("make_payment") == "You do not have a payment request."
        player.agent("send_payment_request", customer_id="C504", bill_id="B9")
        assert player.user("check_payment_request") == "You have a payment request for bill B9 of 34.0 USD."
        again = player.agent("send_payment_request", customer_id="C504", bill_id="B808")
        assert again == "Error: A bill is already awaiting payment for this customer"
        assert player.user("make_payment") == "Payment of 34.0 USD has been made for bill B9."
        assert json.loads(player.agent("get_details_by_id", id="B9"))["status"] == "Paid"
        assert player.user("check_payment_request") == "No payment request has been made."
        assert player.probe(Party.AGENT, "assert_no_overdue_bill", overdue_bill_id="B9") is True

    def test_without_a_number_the_sides_are_not_in_step(self, desk, start):
        player = start(desk, ABROAD, ("user", "turn_roaming_on", {}))
        player.agent("enable_roaming", **LINE)
        assert player.probe(Party.USER, "assert_mobile_data_status", expected_status=True) is False


class TestDesk:
    def test_customers_are_found_by_any_of_their_numbers_and_by_name_with_birthday(self, desk, start):
        player = start(desk)
        for number in ("555-301-7701", "555-301-7702"):
            assert json.loads(player.agent("get_customer_by_phone", phone_number=number))["customer_id"] == "C501"
        found = json.loads(player.agent("get_customer_by_name", full_name="noor HADDAD", dob="1988-03-14"))
        assert [customer["customer_id"] for customer in found] == ["C501"]
        assert player.agent("get_customer_by_name", full_name="Noor Haddad", dob="1988-03-15") == "[]"

    def test_bills_come_newest_first_and_limited(self, desk, start):
        bills = json.loads(start(desk).agent("get_bills_for_customer", customer_id="C501", limit=2))
        assert [bill["bill_id"] for bill in bills] == ["B803", "B801"]

    def test_usage_names_the_end_of_the_billing_cycle(self, desk, start):
        usage = json.loads(start(desk).agent("get_data_usage", **LINE))
        assert usage == {
            "line_id": "L701",
            "data_used_gb": "6.4",
            "data_limit_gb": "12.0",
            "data_refueling_gb": "0.0",
            "cycle_end_date": "2025-02-28",
        }

    @pytest.mark.parametrize(
        ("name", "arguments", "message"),
        [
            ("get_customer_by_phone", {"phone_number": "1"}, "Customer with phone number 1 not found"),
            ("get_details_by_id", {"id": "X1"}, "Unknown ID format or type: X1"),
            ("get_details_by_id", {"id": ""}, "Unknown ID format or type: "),
            ("get_details_by_id", {"id": "P9"}, "Plan with ID P9 not found"),
            ("get_data_usage", {"customer_id": "C502", "line_id": "L701"}, "Line L701 not found for customer C502"),
            ("resume_line", LINE, "Line must be suspended to resume"),
            ("refuel_data", {**LINE, "gb_amount": 0}, "Refuel amount must be positive"),
            (
                "suspend_line",
                {"customer_id": "C503", "line_id": "L706", "reason": "r"},
                "Line must be active to suspend",
            ),
        ],
    )
    def test_what_the_desk_refuses_is_said_and_changes_nothing(self, desk, start, name, arguments, message):
        player = start(desk, NOOR)
        before = player.prints()
        assert player.agent(name, **arguments) == f"Error: {message}"
        assert player.prints() == before

    def test_without_a_draft_bill_a_charge_opens_next_months_in_every_replay_the_same(self, desk, start):
        bill = {"customer_id": "C501", "bill_id": "B803"}
        prints = []
        for _ in range(2):
            player = start(desk, NOOR)
            player.agent("send_payment_request", **bill)
            player.user("make_payment")
            player.agent("refuel_data", **LINE, gb_amount=1.0)
            newest = json.loads(player.agent("get_bills_for_customer", customer_id="C501"))[-1]
            prints.append(player.prints())
        assert prints[0] == prints[1]
        bills = json.loads(player.agent("get_bills_for_customer", customer_id="C501"))
        made = next(one for one in bills if one["bill_id"] not in {"B801", "B802", "B803"})
        assert (made["period_start"], made["period_end"], made["due_date"]) == (
            "2025-03-01",
            "2025-03-31",
            "2025-03-15",
        )
        assert made["status"] == "Draft"
        assert newest["bill_id"] == "B802"


class TestPhone:
    def test_an_apn_reset_waits_for_the_reboot(self, desk, start):
        player = start(desk, NOOR, ("user", "break_apn_settings", {}))
        assert "will reset at reboot" in player.user("reset_apn_settings")
        assert player.probe(Party.USER, "assert_service_status", expected_status="no_service") is True
        assert player.user("reboot_device").startswith("Resetting APN settings...\nRestarting network services...")
        assert player.probe(Party.USER, "assert_service_status", expected_status="connected") is True

    def test_airplane_mode_drops_the_vpn_for_good(self, desk, start):
        player = start(desk, NOOR, ("user", "connect_vpn", {}))
        assert "VPN Connected" in player.user("check_status_bar")
        player.user("toggle_airplane_mode")
        assert player.user("toggle_wifi").startswith("Cannot change Wi-Fi settings while Airplane Mode is ON.")
        player.user("toggle_airplane_mode")
        assert player.user("check_vpn_status") == "VPN is turned OFF."

    def test_reseating_does_not_unlock_a_card(self, desk, start):
        player = start(desk, NOOR, ("user", "lock_sim_card", {"mode": "pin"}))
        player.user("reseat_sim_card")
        assert player.user("check_sim_status") == "The SIM card is locked with a PIN code."

    def test_a_wrong_network_mode_is_answered_in_words(self, desk, start):
        reply = start(desk).user("set_network_mode_preference", mode="6g")
        assert reply.startswith(
            "Failed to set network mode: '6g' is not a valid option. Please use one of: 4g_5g_preferred,"
        )

    def test_pictures_need_the_permissions_and_the_address(self, desk, start):
        take = ("user", "remove_app_permission", {"app_name": "messaging", "permission": "SMS"})
        player = start(desk, NOOR, take, ("user", "break_apn_mms_setting", {}))
        assert player.user("can_send_mms") == "Your messaging app cannot send MMS messages."
        reply = player.user("grant_app_permission", app_name="messaging", permission="sms")
        assert reply.startswith("Success. Permission 'sms' granted to app 'messaging'.")
        assert player.probe(Party.USER, "assert_can_send_mms", expected_status=True) is False
        player.user("set_apn_settings", apn_settings={"apn_name": "internet"})
        assert player.probe(Party.USER, "assert_can_send_mms", expected_status=True) is True


def test_a_broken_vpn_stays_in_its_own_episode(desk, start):
    """Upstream's trap: it breaks one VPN object that all episodes of a process share."""
    broken = start(desk, NOOR, ("user", "break_vpn", {}))
    other = start(desk, NOOR, ("user", "connect_vpn", {}))
    assert "'poor'" in broken.user("check_vpn_status")
    assert "'excellent'" in other.user("check_vpn_status")
    broken.user("disconnect_vpn")
    broken.user("connect_vpn")
    assert "'excellent'" in broken.user("check_vpn_status")
