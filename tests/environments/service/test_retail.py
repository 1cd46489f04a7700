"""The retail domain: what its tools do and refuse, under upstream's rules and under corrected ones."""

from __future__ import annotations

import copy
import json

import pytest

from environments.service.domain import Bases
from environments.service.retail.domain import DOMAIN
from environments.service.rules import CORRECTED, UPSTREAM
from environments.service.template import ServiceTemplate
from environments.service.world import World
from harness.core.message import Party, ToolErrorKind

HOME = {"address1": "1 Elm St", "address2": "", "city": "Troy", "country": "USA", "state": "NY", "zip": "12180"}
AWAY = {"address1": "2 Oak St", "address2": "Apt 9", "city": "Reno", "country": "USA", "state": "NV", "zip": "89501"}
REASON = "no longer needed"


def variant(id_, price, colour, available=True):
    return {"item_id": id_, "options": {"colour": colour}, "available": available, "price": price}


def product(id_, name, *variants):
    return {"name": name, "product_id": id_, "variants": {one["item_id"]: one for one in variants}}


def user(id_, first, last, email, *methods):
    name = {"first_name": first, "last_name": last}
    methods = {method["id"]: method for method in methods}
    return {
        "user_id": id_, "name": name, "address": HOME, "email": email, "payment_methods": methods, "orders": [],
    }  # fmt: skip


def item(id_, price):
    product_id, name = ("P1", "Mug") if id_.startswith("mug") else ("P2", "Lamp")
    return {"name": name, "product_id": product_id, "item_id": id_, "price": price, "options": {"colour": "white"}}


def paid(amount, method):
    return {"transaction_type": "payment", "amount": amount, "payment_method_id": method}


def refunded(amount, method):
    return {**paid(amount, method), "transaction_type": "refund"}


def order(id_, status, items, payments, user_id="ada_1"):
    return {
        "order_id": id_, "user_id": user_id, "address": HOME, "items": items, "status": status, "fulfillments": [],
        "payment_history": payments,
    }  # fmt: skip


MUG, RED_MUG, LAMP = item("mug_white", 10.0), item("mug_red", 12.1), item("lamp_white", 20.0)
PRODUCTS = [
    product(
        "P1",
        "Mug",
        variant("mug_white", 10.0, "white"),
        variant("mug_red", 12.1, "red"),
        variant("mug_blue", 11.0, "blue"),
        variant("mug_gold", 99.0, "gold", available=False),
    ),
    product("P2", "Lamp", variant("lamp_white", 20.0, "white"), variant("lamp_red", 25.2, "red")),
]
USERS = [
    user(
        "ada_1",
        "Ada",
        "Lund",
        "Ada.L@example.com",
        {"source": "credit_card", "id": "card_1", "brand": "visa", "last_four": "0001"},
        {"source": "gift_card", "id": "gift_1", "balance": 50},
        {"source": "gift_card", "id": "gift_2", "balance": 1.5},
        {"source": "paypal", "id": "paypal_1"},
    ),
    user("bo_2", "Bo", "Ek", "bo@example.com", {"source": "paypal", "id": "paypal_2"}),
]
ORDERS = [
    order("#pending", "pending", [MUG, LAMP], [paid(30.0, "card_1")]),
    order("#by_gift", "pending", [MUG, RED_MUG], [paid(22.1, "gift_1")]),
    order("#modified", "pending (item modified)", [MUG], [paid(8.0, "card_1"), paid(2.0, "card_1")]),
    order("#processed", "processed", [MUG], [paid(10.0, "card_1")]),
    order("#delivered", "delivered", [MUG, LAMP, MUG], [paid(40.0, "card_1")]),
    order("#never_paid", "delivered", [MUG], []),
    order("#lost_method", "pending", [MUG], [paid(4.0, "gift_1"), paid(6.0, "closed")]),
    order("#one_lost", "pending", [MUG], [paid(10.0, "closed")]),
]
DATA = {
    "products": {one["product_id"]: one for one in PRODUCTS},
    "users": {one["user_id"]: one for one in USERS},
    "orders": {one["order_id"]: one for one in ORDERS},
}


def shop(rules):
    agent = DOMAIN.agent.schema.load(copy.deepcopy(DATA), where="shop")
    return ServiceTemplate(DOMAIN, Bases(agent, DOMAIN.user.schema.load({}, where="user")), rules)


@pytest.fixture(scope="module")
def upstream():
    return shop(UPSTREAM)


@pytest.fixture(scope="module")
def corrected():
    return shop(CORRECTED)


@pytest.fixture
def player(upstream, start):
    return start(upstream)


@pytest.fixture
def fair(corrected, start):
    return start(corrected)


@pytest.fixture(params=["upstream", "corrected"])
def either(request, start):
    """A player under each of the two rules: what holds for both."""
    return start(request.getfixturevalue(request.param))


def done(player, tool, **arguments):
    result = player.result(Party.AGENT, tool, arguments)
    assert result.error is None, result.content
    return json.loads(result.content)


def balance(player, method="gift_1"):
    return done(player, "get_user_details", user_id="ada_1")["payment_methods"][method]["balance"]


def change(player, order_id, old, new, method="card_1"):
    return done(
        player,
        "modify_pending_order_items",
        order_id=order_id,
        item_ids=old,
        new_item_ids=new,
        payment_method_id=method,
    )


def bought(changed):
    return [(one["item_id"], one["price"], one["options"]["colour"]) for one in changed["items"]]


def test_the_agent_has_upstreams_tools_in_its_order_and_the_user_has_none(player):
    assert [tool.name for tool in player.world.tools(Party.AGENT)] == [
        "calculate", "cancel_pending_order", "exchange_delivered_order_items", "find_user_id_by_name_zip",
        "find_user_id_by_email", "get_order_details", "get_product_details", "get_item_details", "get_user_details",
        "list_all_product_types", "modify_pending_order_address", "modify_pending_order_items",
        "modify_pending_order_payment", "modify_user_address", "return_delivered_order_items",
        "transfer_to_human_agents",
    ]  # fmt: skip
    assert player.world.tools(Party.USER) == ()
    assert player.user("get_order_details", order_id="#pending") == "Error: User tools not available"


def test_every_parameter_is_described(player):
    for tool in player.world.tools(Party.AGENT):
        assert tool.description
        for name, parameter in tool.parameters["properties"].items():
            assert parameter.get("description"), f"{tool.name}.{name}"


def test_a_user_is_found_by_email_in_any_case_and_by_name_and_zip(either):
    assert either.agent("find_user_id_by_email", email="ADA.l@EXAMPLE.com") == "ada_1"
    assert either.agent("find_user_id_by_name_zip", first_name="bo", last_name="EK", zip="12180") == "bo_2"
    assert either.agent("find_user_id_by_name_zip", first_name="Bo", last_name="Ek", zip="1") == "Error: User not found"
    assert either.agent("find_user_id_by_email", email="") == "Error: User not found"


def test_lookups_show_records_in_upstreams_form(either):
    assert either.agent("get_item_details", item_id="mug_red") == (
        '{"item_id": "mug_red", "options": {"colour": "red"}, "available": true, "price": 12.1}'
    )
    assert either.agent("list_all_product_types") == '{"Lamp": "P2", "Mug": "P1"}'
    methods = done(either, "get_user_details", user_id="ada_1")["payment_methods"]
    assert methods["gift_1"] == {"source": "gift_card", "id": "gift_1", "balance": 50.0}
    shown = done(either, "get_order_details", order_id="#pending")
    assert shown["cancel_reason"] is None
    assert list(shown)[-2:] == ["return_items", "return_payment_method_id"]
    assert done(either, "get_product_details", product_id="P2")["variants"]["lamp_red"]["price"] == 25.2
    assert either.agent("transfer_to_human_agents", summary="angry") == "Transfer successful"


def test_cancelling_refunds_a_gift_card_at_once(either):
    cancelled = done(either, "cancel_pending_order", order_id="#by_gift", reason="ordered by mistake")
    assert (cancelled["status"], cancelled["cancel_reason"]) == ("cancelled", "ordered by mistake")
    assert cancelled["payment_history"] == [paid(22.1, "gift_1"), refunded(22.1, "gift_1")]
    assert balance(either) == 72.1


def test_a_new_payment_method_pays_and_the_old_one_is_refunded(either):
    changed = done(either, "modify_pending_order_payment", order_id="#by_gift", payment_method_id="paypal_1")
    assert changed["payment_history"] == [paid(22.1, "gift_1"), paid(22.1, "paypal_1"), refunded(22.1, "gift_1")]
    assert balance(either) == 72.1
    again = either.agent("modify_pending_order_payment", order_id="#by_gift", payment_method_id="card_1")
    assert again == "Error: There should be exactly one payment for a pending order"


def test_a_gift_card_can_become_the_payment_method(either):
    done(either, "modify_pending_order_payment", order_id="#pending", payment_method_id="gift_1")
    assert balance(either) == 20.0


def test_an_order_with_modified_items_can_still_be_sent_elsewhere(either):
    changed = done(either, "modify_pending_order_address", order_id="#modified", **AWAY)
    assert changed["address"] == AWAY
    assert done(either, "get_user_details", user_id="ada_1")["address"] == HOME


def test_a_users_address_is_apart_from_their_orders(either):
    assert done(either, "modify_user_address", user_id="ada_1", **AWAY)["address"] == AWAY
    assert done(either, "get_order_details", order_id="#pending")["address"] == HOME


def test_changing_an_item_books_the_difference_and_is_final(either):
    changed = change(either, "#pending", ["lamp_white"], ["lamp_red"], "gift_1")
    assert bought(changed) == [("mug_white", 10.0, "white"), ("lamp_red", 25.2, "red")]
    assert changed["status"] == "pending (item modified)"
    assert balance(either) == 44.8
    call = {"item_ids": ["mug_white"], "new_item_ids": ["mug_blue"], "payment_method_id": "card_1"}
    again = either.agent("modify_pending_order_items", order_id="#pending", **call)
    assert again == "Error: Non-pending order cannot be modified"
    cancelled = either.agent("cancel_pending_order", order_id="#pending", reason=REASON)
    assert cancelled == "Error: Non-pending order cannot be cancelled"


def test_a_cheaper_item_is_refunded_to_the_gift_card(either):
    changed = change(either, "#by_gift", ["mug_red"], ["mug_blue"], "gift_2")
    assert changed["payment_history"][-1]["transaction_type"] == "refund"
    assert balance(either, "gift_2") == 2.6


def test_an_exchange_is_noted_sorted_and_moves_no_money(either):
    call = {"item_ids": ["mug_white", "lamp_white"], "new_item_ids": ["mug_red", "lamp_red"]}
    noted = done(
        either, "exchange_delivered_order_items", order_id="#delivered", payment_method_id="gift_1", **call
    )  # fmt: skip
    assert noted["status"] == "exchange requested"
    assert noted["exchange_items"] == ["lamp_white", "mug_white"]
    assert noted["exchange_new_items"] == ["lamp_red", "mug_red"]
    assert noted["exchange_price_difference"] == 7.3
    assert noted["payment_history"] == [paid(40.0, "card_1")]
    assert balance(either) == 50.0
    back = either.agent(
        "return_delivered_order_items", order_id="#delivered", item_ids=["mug_white"], payment_method_id="card_1"
    )
    assert back == "Error: Non-delivered order cannot be returned"


@pytest.mark.parametrize("method", ["card_1", "gift_2"])
def test_a_return_goes_to_what_paid_or_to_a_gift_card(either, method):
    noted = done(
        either,
        "return_delivered_order_items",
        order_id="#delivered",
        item_ids=["mug_white", "lamp_white", "mug_white"],
        payment_method_id=method,
    )
    assert noted["status"] == "return requested"
    assert noted["return_items"] == ["lamp_white", "mug_white", "mug_white"]
    assert noted["return_payment_method_id"] == method


def items_call(order_id, old, new, method="card_1"):
    return {"order_id": order_id, "item_ids": old, "new_item_ids": new, "payment_method_id": method}


REFUSALS = [
    ("get_order_details", {"order_id": "pending"}, "Order not found"),
    ("get_user_details", {"user_id": "cy_3"}, "User not found"),
    ("get_product_details", {"product_id": "mug_red"}, "Product not found"),
    ("get_item_details", {"item_id": "P1"}, "Item not found"),
    ("cancel_pending_order", {"order_id": "#processed", "reason": REASON}, "Non-pending order cannot be cancelled"),
    ("cancel_pending_order", {"order_id": "#pending", "reason": "too dear"}, "Invalid reason"),
    ("modify_pending_order_address", {"order_id": "#processed", **AWAY}, "Non-pending order cannot be modified"),
    ("modify_user_address", {"user_id": "cy_3", **AWAY}, "User not found"),
    (
        "modify_pending_order_payment",
        {"order_id": "#delivered", "payment_method_id": "gift_1"},
        "Non-pending order cannot be modified",
    ),
    (
        "modify_pending_order_payment",
        {"order_id": "#pending", "payment_method_id": "paypal_2"},
        "Payment method not found",
    ),
    (
        "modify_pending_order_payment",
        {"order_id": "#pending", "payment_method_id": "card_1"},
        "The new payment method should be different from the current one",
    ),
    (
        "modify_pending_order_payment",
        {"order_id": "#pending", "payment_method_id": "gift_2"},
        "Insufficient gift card balance to pay for the order",
    ),
    (
        "modify_pending_order_payment",
        {"order_id": "#modified", "payment_method_id": "gift_1"},
        "There should be exactly one payment for a pending order",
    ),
    (
        "modify_pending_order_items",
        items_call("#pending", ["mug_white", "mug_white"], ["mug_red", "mug_red"]),
        "mug_white not found",
    ),
    (
        "modify_pending_order_items",
        items_call("#pending", ["mug_white"], ["mug_red", "mug_red"]),
        "The number of items to be exchanged should match",
    ),
    (
        "modify_pending_order_items",
        items_call("#pending", ["mug_white"], ["mug_white"]),
        "The new item id should be different from the old item id",
    ),
    ("modify_pending_order_items", items_call("#pending", ["mug_white"], ["lamp_red"]), "Variant not found"),
    (
        "modify_pending_order_items",
        items_call("#pending", ["mug_white"], ["mug_gold"]),
        "New item mug_gold not found or available",
    ),
    (
        "modify_pending_order_items",
        items_call("#pending", ["mug_white"], ["mug_red"], "paypal_2"),
        "Payment method not found",
    ),
    (
        "modify_pending_order_items",
        items_call("#pending", ["mug_white"], ["mug_red"], "gift_2"),
        "Insufficient gift card balance to pay for the new item",
    ),
    (
        "exchange_delivered_order_items",
        items_call("#pending", ["mug_white"], ["mug_red"]),
        "Non-delivered order cannot be exchanged",
    ),
    (
        "exchange_delivered_order_items",
        items_call("#delivered", ["mug_red"], ["mug_blue"]),
        "Number of mug_red not found.",
    ),
    (
        "exchange_delivered_order_items",
        items_call("#delivered", ["mug_white"], []),
        "The number of items to be exchanged should match.",
    ),
    (
        "exchange_delivered_order_items",
        items_call("#delivered", ["mug_white"], ["mug_red"], "gift_2"),
        "Insufficient gift card balance to pay for the price difference",
    ),
    (
        "return_delivered_order_items",
        {"order_id": "#delivered", "item_ids": ["mug_red"], "payment_method_id": "card_1"},
        "Some item not found",
    ),
    (
        "return_delivered_order_items",
        {"order_id": "#delivered", "item_ids": ["mug_white"], "payment_method_id": "paypal_1"},
        "Payment method should be the original payment method",
    ),
    (
        "return_delivered_order_items",
        {"order_id": "#never_paid", "item_ids": ["mug_white"], "payment_method_id": "card_1"},
        "list index out of range",
    ),
    ("calculate", {"expression": "__import__('os')"}, "Invalid characters in expression"),
]


@pytest.mark.parametrize(("name", "arguments", "text"), REFUSALS)
def test_a_refusal_has_upstreams_text_and_changes_nothing(either, name, arguments, text):
    before = either.prints()
    result = either.result(Party.AGENT, name, arguments)
    assert result.content == f"Error: {text}"
    assert result.error is ToolErrorKind.FAILED
    assert either.prints() == before


def test_calculate_refuses_what_would_never_end(either):
    assert either.agent("calculate", expression="(12.5 + 3) * 2") == "31.0"
    for expression in ("9**9**9", "(" * 10_000 + "1" + ")" * 10_000):
        assert either.result(Party.AGENT, "calculate", {"expression": expression}).error is ToolErrorKind.FAILED


def test_what_was_done_before_a_failure_stays_done(player):
    assert player.agent("cancel_pending_order", order_id="#lost_method", reason=REASON).endswith("method not found")
    assert balance(player) == 54.0
    assert done(player, "get_order_details", order_id="#lost_method")["status"] == "pending"
    failed = player.agent("modify_pending_order_payment", order_id="#one_lost", payment_method_id="gift_1")
    assert failed == "Error: Payment method not found"
    assert len(done(player, "get_order_details", order_id="#one_lost")["payment_history"]) == 3
    assert balance(player) == 44.0


def test_upstream_gives_all_changed_items_the_last_variants_price_and_options(player, fair):
    old, new = ["mug_white", "lamp_white"], ["mug_red", "lamp_red"]
    assert bought(change(player, "#pending", old, new)) == [("mug_red", 25.2, "red"), ("lamp_red", 25.2, "red")]
    assert bought(change(fair, "#pending", old, new)) == [("mug_red", 12.1, "red"), ("lamp_red", 25.2, "red")]


def test_upstream_changes_an_item_again_that_has_just_got_the_next_ones_id(player, fair):
    old, new = ["mug_white", "mug_red"], ["mug_red", "mug_blue"]
    assert bought(change(player, "#by_gift", old, new)) == [("mug_blue", 11.0, "blue"), ("mug_red", 12.1, "white")]
    assert bought(change(fair, "#by_gift", old, new)) == [("mug_red", 12.1, "red"), ("mug_blue", 11.0, "blue")]


def test_upstream_books_a_difference_that_is_no_number_of_cents(player, fair):
    old, new = ["mug_white"], ["mug_red"]
    assert change(player, "#pending", old, new)["payment_history"][-1]["amount"] == 12.1 - 10.0 != 2.1
    assert change(fair, "#pending", old, new)["payment_history"][-1]["amount"] == 2.1


def test_upstream_refunds_refunds_of_a_cancelled_order(player, fair):
    for one, refunds, left in (
        (player, [refunded(22.1, "gift_1"), refunded(22.1, "card_1"), refunded(22.1, "gift_1")], 116.3),
        (fair, [refunded(22.1, "card_1")], 72.1),
    ):
        done(one, "modify_pending_order_payment", order_id="#by_gift", payment_method_id="card_1")
        cancelled = done(one, "cancel_pending_order", order_id="#by_gift", reason=REASON)
        assert cancelled["payment_history"][3:] == refunds
        assert balance(one) == left


def test_upstream_takes_changes_of_no_items(player, fair):
    nothing = {"item_ids": [], "new_item_ids": [], "payment_method_id": "card_1"}
    back = {"order_id": "#never_paid", "item_ids": [], "payment_method_id": "gift_1"}
    noted = done(player, "exchange_delivered_order_items", order_id="#delivered", **nothing)
    assert (noted["exchange_items"], repr(noted["exchange_price_difference"])) == ([], "0")
    changed = done(player, "modify_pending_order_items", order_id="#pending", **nothing)
    assert changed["payment_history"][-1] == refunded(0.0, "card_1")
    assert done(player, "return_delivered_order_items", **back)["return_items"] == []
    before = fair.prints()
    assert fair.agent("exchange_delivered_order_items", order_id="#delivered", **nothing).startswith("Error: ")
    assert fair.agent("modify_pending_order_items", order_id="#pending", **nothing).startswith("Error: ")
    assert fair.agent("return_delivered_order_items", **back).startswith("Error: ")
    assert fair.prints() == before


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("get_order_details", {"order_id": ["#pending"]}, "unhashable type: 'list'"),
        ("get_item_details", {"item_id": {}}, "unhashable type: 'dict'"),
        ("get_order_details", {"order_id": 5}, "Order not found"),
        ("find_user_id_by_email", {"email": 5}, "'int' object has no attribute 'lower'"),
        ("cancel_pending_order", {"order_id": "#pending", "reason": []}, "unhashable type: 'list'"),
        ("modify_pending_order_items", items_call("#pending", None, []), "'NoneType' object is not iterable"),
        ("exchange_delivered_order_items", items_call("#delivered", [7], []), "Number of 7 not found."),
        (
            "return_delivered_order_items",
            {"order_id": "#pending"},
            "RetailTools.return_delivered_order_items() missing",
        ),
        ("modify_user_address", {"user_id": "ada_1", **AWAY, "zip": 1}, "1 validation error for UserAddress\nzip\n"),
        (
            "modify_pending_order_address",
            {"order_id": "#pending", **AWAY, "state": None, "address1": []},
            "2 validation errors for UserAddress\naddress1\n",
        ),
    ],
)
def test_wrong_arguments_fail_with_pythons_text_upstream_and_are_checked_when_corrected(
    player, fair, name, arguments, text
):
    before = player.prints()
    assert player.agent(name, **arguments).startswith(f"Error: {text}")
    assert player.prints() == before
    assert fair.result(Party.AGENT, name, arguments).error is ToolErrorKind.INVALID_ARGUMENTS


def test_an_argument_that_is_never_looked_at_may_be_anything(player):
    find = {"first_name": "Nobody", "last_name": 5, "zip": None}
    assert player.agent("find_user_id_by_name_zip", **find) == "Error: User not found"
    find["first_name"] = "Ada"
    assert player.agent("find_user_id_by_name_zip", **find) == "Error: 'int' object has no attribute 'lower'"


def test_an_object_of_item_ids_serves_as_their_list(player):
    noted = done(player, "exchange_delivered_order_items", **items_call("#delivered", ["mug_white"], {"mug_red": 1}))
    assert noted["exchange_new_items"] == ["mug_red"]


def test_a_snapshot_brings_back_money_and_orders(either):
    before = either.prints()
    snapshot = either.world.now()
    change(either, "#pending", ["mug_white"], ["mug_red"], "gift_1")
    changed = either.prints()
    assert changed != before
    later = either.world.now()
    either.world.begin(snapshot)
    assert either.prints() == before
    assert balance(either) == 50.0
    either.world.begin(later)
    assert either.prints() == changed
    assert balance(either) == 47.9


def test_episodes_share_nothing_but_the_base(upstream, start):
    one, other = start(upstream), start(upstream)
    done(one, "modify_user_address", user_id="ada_1", **AWAY)
    assert done(other, "get_user_details", user_id="ada_1")["address"] == HOME


@pytest.fixture(scope="module")
def official(shared_data):
    return shared_data / "tau2" / "domains" / "retail"


@pytest.fixture(scope="module")
def bases(official):
    agent = DOMAIN.agent.schema.load((official / "db.json").read_text(), where="db.json")
    return Bases(agent, DOMAIN.user.schema.load({}, where="user"))


def test_the_official_database_is_kept_as_it_is(official, bases):
    expected = json.loads((official / "db.json").read_text())
    optional = ("cancel_reason", "exchange_items", "exchange_new_items", "exchange_payment_method_id",
                "exchange_price_difference", "return_items", "return_payment_method_id")  # fmt: skip
    for one in expected["orders"].values():
        one |= {name: one.get(name) for name in optional}
        for part in (*one["items"], *one["payment_history"]):
            part |= {name: float(part[name]) for name in ("price", "amount") if name in part}
    for one in expected["users"].values():
        for method in one["payment_methods"].values():
            method |= {name: float(method[name]) for name in ("balance",) if name in method}
    found = World(DOMAIN, bases).plain(Party.AGENT)
    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


REFUSED_IN_UPSTREAM = {
    "64": "Error: Non-delivered order cannot be exchanged",
    "105": "Error: Insufficient gift card balance to pay for the price difference",
}
"""The official reference actions that write and fail, by task; they are meant to."""


def test_the_official_reference_actions_change_the_state_where_one_is_done(official, bases, start):
    writes = {name for name, tool in DOMAIN.agent.tools(Party.AGENT).items() if tool.spec.writes}
    refused = {}
    shop = ServiceTemplate(DOMAIN, bases)
    for task in json.loads((official / "tasks.json").read_text()):
        player = start(shop)
        before = player.prints()
        succeeded = 0
        for action in task["evaluation_criteria"]["actions"]:
            result = player.result(Party.AGENT, action["name"], action["arguments"])
            if action["name"] in writes:
                succeeded += result.error is None
                if result.error is not None:
                    refused[task["id"]] = result.content
        assert (player.prints() != before) == bool(succeeded), task["id"]
    assert refused == REFUSED_IN_UPSTREAM


def test_the_official_last_variant_task_ends_as_upstream_has_it(official, bases, start):
    (task,) = [one for one in json.loads((official / "tasks.json").read_text()) if one["id"] == "20"]
    prices = []
    for rules in (UPSTREAM, CORRECTED):
        player = start(ServiceTemplate(DOMAIN, bases, rules))
        for action in task["evaluation_criteria"]["actions"]:
            content = player.result(Party.AGENT, action["name"], action["arguments"]).content
            if action["name"] == "modify_pending_order_items":
                items = {one["item_id"]: one["price"] for one in json.loads(content)["items"]}
                prices.append([items[id_] for id_ in action["arguments"]["new_item_ids"]])
    assert len(set(prices[0])) == 1
    assert len(set(prices[1])) > 1
