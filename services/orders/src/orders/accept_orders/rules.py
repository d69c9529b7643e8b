"""When an order can be accepted, and how it comes to be confirmed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.errors import Conflict, Faults, Invalid
from shared.values import plain, rounded


class OrderState(StrEnum):
    """received: waits for points or promotion · confirmed: binding · partly_shipped · shipped ·

    delivered · cancelled: ended before anything was shipped.
    """

    RECEIVED = "received"
    CONFIRMED = "confirmed"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Channel(StrEnum):
    DIRECT = "direct"
    WEB = "web"
    STORE = "store"
    MARKETPLACE = "marketplace"
    RESELLER = "reseller"
    DISTRIBUTOR = "distributor"
    AGENT = "agent"


class Step(StrEnum):
    """A step of the order's story that another service answers."""

    NONE = "none"
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class OrderRefused(Invalid):
    """The order cannot be accepted."""


class DuplicateOrder(Conflict):
    """The customer has an order with this purchase order number."""


class QuoteWasOrdered(Conflict):
    """The quote has become an order."""


class OrderCannotBeCancelled(Conflict):
    """Only an order of which nothing was shipped can be cancelled."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line as the customer wants it; `stated` is the price they expect, when they say one."""

    sku: str
    quantity: int
    stated: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a line's product; without price it is not sold in the currency."""

    goods: bool
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line we can sell. `net` = quantity × unit price at the currency's minor unit."""

    line: int
    sku: str
    quantity: int
    unit_price: Decimal
    net: Decimal
    goods: bool


def priced_lines(
    wanted: Sequence[Wanted], known: Mapping[int, Known], currency: str, faults: Faults
) -> list[Line]:
    """The lines with their prices. Every fault of every line is collected."""
    lines: list[Line] = []
    for index, want in enumerate(wanted):
        here = f"#/lines/{index}"
        book = known.get(index + 1)
        if book is None:
            faults.add(
                f"{here}/sku",
                "unknown_product",
                f"{want.sku} is not a product.",
                "Send the sku of a product of pricing; GET /pricing/products lists them.",
                want.sku,
            )
            continue
        if book.unit_price is None:
            faults.add(
                f"{here}/sku",
                "no_price",
                f"{want.sku} has no price in {currency} for {want.quantity}.",
                "Order in a currency it has a price in, or ask for a quote.",
                want.sku,
            )
            continue
        if want.stated is not None and want.stated != book.unit_price:
            faults.add(
                f"{here}/unit_price",
                "price_differs",
                f"{want.sku} costs {plain(book.unit_price)} {currency}.",
                "Leave unit_price out to order at our price, or ask for a quote.",
                plain(want.stated),
            )
            continue
        net = rounded(book.unit_price * want.quantity, currency)
        lines.append(Line(index + 1, want.sku, want.quantity, book.unit_price, net, book.goods))
    return lines


def settled(redemption: Step, promotion: Step) -> OrderState | None:
    """Where the order's story goes: confirmed, cancelled, or (None) it still waits."""
    steps = {redemption, promotion}
    if Step.REFUSED in steps:
        return OrderState.CANCELLED
    return None if Step.ASKED in steps else OrderState.CONFIRMED


def allowed_actions(
    state: OrderState,
    *,
    anything_shipped: bool,
    anything_reserved: bool,
    anything_under_way: bool,
) -> list[str]:
    """What can be done with an order now. `deliver` is an act of its shipments."""
    actions = []
    if state in (OrderState.RECEIVED, OrderState.CONFIRMED) and not anything_shipped:
        actions.append("cancel")
    if state in (OrderState.CONFIRMED, OrderState.PARTLY_SHIPPED) and anything_reserved:
        actions.append("ship")
    if anything_under_way:
        actions.append("deliver")
    if anything_shipped:
        actions.append("return")
    return actions
