"""What the shop knows: products with their variants, users with their ways to pay, and orders.

The order of a record's fields is that of upstream's result texts. Money is US dollars. No tool changes a
product. An optional field of an order is null until the request that it belongs to is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from environments.service.state import Record, Schema, State, Table
from environments.toolkit import ToolFailure

Options: TypeAlias = Mapping[str, str]
"""What tells a product's variants apart, such as colour or size; nobody changes it."""
Status: TypeAlias = Literal[
    "processed",
    "pending",
    "pending (item modified)",
    "delivered",
    "cancelled",
    "exchange requested",
    "return requested",
]
CancelReason: TypeAlias = Literal["no longer needed", "ordered by mistake"]
CANCEL_REASONS: Final[frozenset[CancelReason]] = frozenset(("no longer needed", "ordered by mistake"))


@dataclass(frozen=True, slots=True)
class Variant(Record):
    """A thing that can be bought; orders call it an item."""

    item_id: str
    options: Options
    available: bool
    price: float


@dataclass(frozen=True, slots=True)
class Product(Record):
    """A kind of thing."""

    name: str
    product_id: str
    variants: Mapping[str, Variant]
    """By item id."""


@dataclass(frozen=True, slots=True)
class Name(Record):
    """A user's name."""

    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class Address(Record):
    """Where a user lives or an order goes."""

    address1: str
    address2: str
    city: str
    country: str
    state: str
    zip: str


@dataclass(frozen=True, slots=True)
class CreditCard(Record):
    """Covers any amount."""

    source: Literal["credit_card"]
    id: str
    brand: str
    last_four: str


@dataclass(frozen=True, slots=True)
class Paypal(Record):
    """Covers any amount."""

    source: Literal["paypal"]
    id: str


@dataclass(frozen=True, slots=True)
class GiftCard(Record):
    """The one method whose payments and refunds the shop books itself, at once."""

    source: Literal["gift_card"]
    id: str
    balance: float
    """Dollars left."""


PaymentMethod: TypeAlias = Annotated[CreditCard | GiftCard | Paypal, Field(discriminator="source")]


@dataclass(frozen=True, slots=True)
class User(Record):
    """A user with the ids of their orders."""

    user_id: str
    name: Name
    address: Address
    email: str
    payment_methods: Mapping[str, PaymentMethod]
    """By id."""
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fulfillment(Record):
    """A parcel or several, and what is in them."""

    tracking_id: tuple[str, ...]
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderItem(Record):
    """A variant as it was ordered; an order can have the same one twice."""

    name: str
    """The product's."""
    product_id: str
    item_id: str
    price: float
    """When it was ordered."""
    options: Options


@dataclass(frozen=True, slots=True)
class Payment(Record):
    """What was paid or given back; the amount is positive in both cases."""

    transaction_type: Literal["payment", "refund"]
    amount: float
    payment_method_id: str


@dataclass(frozen=True, slots=True)
class Order(Record):
    """An order, and the exchange or return that was asked for."""

    order_id: str
    user_id: str
    address: Address
    items: tuple[OrderItem, ...]
    status: Status
    fulfillments: tuple[Fulfillment, ...]
    payment_history: tuple[Payment, ...]
    cancel_reason: CancelReason | None = None
    exchange_items: tuple[str, ...] | None = None
    exchange_new_items: tuple[str, ...] | None = None
    exchange_payment_method_id: str | None = None
    exchange_price_difference: float | None = None
    """What the user owes; negative where the shop does. An exchange of nothing has the integer 0 here, which
    a fingerprint tells from 0.0."""
    return_items: tuple[str, ...] | None = None
    return_payment_method_id: str | None = None


PRODUCTS = Table("products", Product)
USERS = Table("users", User)
ORDERS = Table("orders", Order)

SCHEMA = Schema(PRODUCTS, USERS, ORDERS)


def order_by_id(state: State, order_id: str) -> Order:
    """The order; `ToolFailure` where there is none, as in all functions here."""
    order = state.get(ORDERS, order_id)
    if order is None:
        raise ToolFailure("Order not found")
    return order


def user_by_id(state: State, user_id: str) -> User:
    """The user with this id."""
    user = state.get(USERS, user_id)
    if user is None:
        raise ToolFailure("User not found")
    return user


def product_by_id(state: State, product_id: str) -> Product:
    """The product with this id."""
    product = state.get(PRODUCTS, product_id)
    if product is None:
        raise ToolFailure("Product not found")
    return product


def variant_by_id(state: State, product_id: str, item_id: str) -> Variant:
    """The variant of a product; another product's is not found."""
    variants = product_by_id(state, product_id).variants
    if item_id not in variants:
        raise ToolFailure("Variant not found")
    return variants[item_id]


def item_by_id(state: State, item_id: str) -> Variant:
    """The variant with this id, whichever product it is of."""
    for product in state.rows(PRODUCTS):
        if item_id in product.variants:
            return product.variants[item_id]
    raise ToolFailure("Item not found")


def method_by_id(state: State, user_id: str, payment_method_id: str) -> PaymentMethod:
    """The user's payment method; another user's is not found."""
    methods = user_by_id(state, user_id).payment_methods
    if payment_method_id not in methods:
        raise ToolFailure("Payment method not found")
    return methods[payment_method_id]
