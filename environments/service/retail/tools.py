"""The agent's tools, in upstream's order. What those that change something do lies in `pending` and `delivered`.

Arguments are whatever JSON the call had (`Quirk.UNCHECKED_ARGUMENTS`); the annotations say what it may expect.
"""

from __future__ import annotations

import json
from dataclasses import replace

from environments.service import calculator
from environments.service.domain import Toolkit
from environments.service.retail import delivered, pending
from environments.service.retail.forms import UserAddress
from environments.service.retail.records import (
    PRODUCTS,
    USERS,
    item_by_id,
    order_by_id,
    product_by_id,
    user_by_id,
)
from environments.service.wire import wire
from environments.toolkit import ToolFailure, tool


class RetailTools(Toolkit):
    """The help desk."""

    upstream_name = "RetailTools"

    @tool()
    def calculate(self, expression: str) -> str:
        """Work out an arithmetic expression, rounded to two decimal places.

        Args:
            expression: Numbers, + - * /, parentheses and spaces, for example (2 + 3) * 4.5
        """
        return calculator.calculate(expression)

    @tool(writes=True)
    def cancel_pending_order(self, order_id: str, reason: str) -> str:
        """Cancel a pending order and refund it: to a gift card at once, to anything else within 5 to 7
        business days. First explain it to the user and have an explicit yes.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
            reason: Either "no longer needed" or "ordered by mistake".
        """
        return wire(pending.cancel(self.state, self.rules, order_id, reason))

    @tool(writes=True)
    def exchange_delivered_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> str:
        """Request an exchange of items of a delivered order for other variants of the same products. An
        order takes one exchange or one return. First explain it to the user and have an explicit yes.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
            item_ids: Ids of the items to send back; one that was ordered twice may be listed twice.
            new_item_ids: For each of them, at the same position, the id of the item to get instead.
            payment_method_id: The user's payment method that pays or gets the difference.
        """
        return wire(delivered.exchange(self.state, self.rules, order_id, item_ids, new_item_ids, payment_method_id))

    @tool()
    def find_user_id_by_name_zip(self, first_name: str, last_name: str, zip: str) -> str:  # noqa: A002
        """Find a user's id by name and postal code, where the email address is unknown or finds nobody.

        Args:
            first_name: The user's given name.
            last_name: The user's family name.
            zip: Postal code of the user's own address, for example 12345.
        """
        for user_id, user in self.state.items(USERS):
            if (
                user.name.first_name.lower() == first_name.lower()
                and user.name.last_name.lower() == last_name.lower()
                and user.address.zip == zip
            ):
                return user_id
        raise ToolFailure("User not found")

    @tool()
    def find_user_id_by_email(self, email: str) -> str:
        """Find a user's id by email address.

        Args:
            email: The address, in upper or lower case.
        """
        for user_id, user in self.state.items(USERS):
            if user.email.lower() == email.lower():
                return user_id
        raise ToolFailure("User not found")

    @tool()
    def get_order_details(self, order_id: str) -> str:
        """Look up an order: status, items, address, parcels and payments.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
        """
        return wire(order_by_id(self.state, order_id))

    @tool()
    def get_product_details(self, product_id: str) -> str:
        """Look up a product: all its variants with options, price and whether they are available.

        Args:
            product_id: Id of the product, which is not the id of an item.
        """
        return wire(product_by_id(self.state, product_id))

    @tool()
    def get_item_details(self, item_id: str) -> str:
        """Look up one variant of a product: options, price and whether it is available.

        Args:
            item_id: Id of the item, which is not the id of a product.
        """
        return wire(item_by_id(self.state, item_id))

    @tool()
    def get_user_details(self, user_id: str) -> str:
        """Look up a user: address, email, payment methods and orders.

        Args:
            user_id: Id of the user, for example sara_doe_496.
        """
        return wire(user_by_id(self.state, user_id))

    @tool()
    def list_all_product_types(self) -> str:
        """List the names of all products, in alphabetical order, with their product ids. Each product has
        variants with item ids of their own."""
        return json.dumps({product.name: product.product_id for product in self.state.rows(PRODUCTS)}, sort_keys=True)

    @tool(writes=True)
    def modify_pending_order_address(
        self,
        order_id: str,
        address1: str,
        address2: str,
        city: str,
        state: str,
        country: str,
        zip: str,  # noqa: A002
    ) -> str:
        """Change where a pending order is sent. First explain it to the user and have an explicit yes.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
            address1: First line, for example 123 Main St.
            address2: Second line, for example Apt 1; it may be empty.
            city: City.
            state: State, for example CA.
            country: Country, for example USA.
            zip: Postal code, for example 12345.
        """
        address = {
            "address1": address1,
            "address2": address2,
            "city": city,
            "state": state,
            "country": country,
            "zip": zip,
        }
        return wire(pending.change_address(self.state, order_id, address))

    @tool(writes=True)
    def modify_pending_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> str:
        """Change items of a pending order to other variants of the same products. An order takes this once.
        First explain it to the user and have an explicit yes.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
            item_ids: Ids of the items to change; one that was ordered twice may be listed twice.
            new_item_ids: For each of them, at the same position, the id of the item to get instead.
            payment_method_id: The user's payment method that pays or gets the difference.
        """
        return wire(pending.change_items(self.state, self.rules, order_id, item_ids, new_item_ids, payment_method_id))

    @tool(writes=True)
    def modify_pending_order_payment(self, order_id: str, payment_method_id: str) -> str:
        """Change how a pending order is paid. First explain it to the user and have an explicit yes.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
            payment_method_id: The user's payment method that pays instead.
        """
        return wire(pending.change_payment(self.state, order_id, payment_method_id))

    @tool(writes=True)
    def modify_user_address(
        self,
        user_id: str,
        address1: str,
        address2: str,
        city: str,
        state: str,
        country: str,
        zip: str,  # noqa: A002
    ) -> str:
        """Change a user's own address. First explain it to the user and have an explicit yes.

        Args:
            user_id: Id of the user, for example sara_doe_496.
            address1: First line, for example 123 Main St.
            address2: Second line, for example Apt 1; it may be empty.
            city: City.
            state: State, for example CA.
            country: Country, for example USA.
            zip: Postal code, for example 12345.
        """
        user = user_by_id(self.state, user_id)
        address = UserAddress(
            address1=address1, address2=address2, city=city, state=state, country=country, zip=zip
        ).record()
        changed = replace(user, address=address)
        self.state.put(USERS, user_id, changed)
        return wire(changed)

    @tool(writes=True)
    def return_delivered_order_items(self, order_id: str, item_ids: list[str], payment_method_id: str) -> str:
        """Request a return of items of a delivered order; the user gets an email about how to send them. An
        order takes one exchange or one return. First explain it to the user and have an explicit yes.

        Args:
            order_id: The order, with the # at its beginning, for example #W0000000.
            item_ids: Ids of the items to send back; one that was ordered twice may be listed twice.
            payment_method_id: What gets the refund: the method that paid, or one of the user's gift cards.
        """
        return wire(delivered.give_back(self.state, self.rules, order_id, item_ids, payment_method_id))

    @tool()
    def transfer_to_human_agents(self, summary: str) -> str:
        """Hand the user over to a human agent, with a summary: only where the user asks for a person, or
        where the policy and these tools can't solve it.

        Args:
            summary: What the user needs, in a sentence or two.
        """
        return "Transfer successful"
