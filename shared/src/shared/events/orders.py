"""What orders tells: parties, stock, quotes, orders and their fulfilment, returns, history."""

from uuid import UUID

from shared.events.contract import Event
from shared.events.parts import (
    MovedLine,
    PricedLine,
    PromotionUse,
    ReturnedLine,
    Sku,
    SoldLine,
    WantedLine,
)
from shared.values import Currency, Money


class PartyRegistered(Event, type="orders.party.registered.v1", key="party_id", pcf=("3.5.4.2",)):
    """An account can order. The party has the account's id."""

    party_id: UUID
    name: str
    country: str


class PartyChanged(
    Event, type="orders.party.changed.v1", key="party_id", pcf=("3.5.4.2", "3.5.4.2.3")
):
    """A party's data or terms changed; the event holds them as they are now."""

    party_id: UUID
    name: str
    country: str
    state: str = "active"


class StockChanged(Event, type="orders.stock.changed.v1", key="stock_id", pcf=("3.5.4.3",)):
    """A stock position after a receipt, a reservation, a shipment or a return.

    Told for receipts and counts; the stock of ordinary orders follows from their own events.
    """

    stock_id: UUID
    sku: Sku
    location: str
    on_hand: int
    reserved: int
    reason: str


class QuoteRequested(Event, type="orders.quote.requested.v1", key="quote_id", pcf=("3.5.3.9",)):
    """A quote's revision wants its prices."""

    quote_id: UUID
    revision: int
    customer_id: UUID
    currency: Currency
    lines: list[WantedLine]
    opportunity_id: UUID | None = None
    promotion_code: str | None = None


class QuotePriced(Event, type="orders.quote.priced.v1", key="quote_id", pcf=("3.5.3.9",)):
    """A quote has its prices."""

    quote_id: UUID
    revision: int
    total: Money
    list_total: Money
    lines: list[PricedLine]


class QuoteUnpriceable(Event, type="orders.quote.unpriceable.v1", key="quote_id", pcf=("3.5.3.9",)):
    """A quote cannot be priced as it is; it is a draft again, with the reasons."""

    quote_id: UUID
    revision: int
    reasons: list[str]


class QuoteSubmitted(Event, type="orders.quote.submitted.v1", key="quote_id", pcf=("3.5.3.12",)):
    """A quote waits for an approver."""

    quote_id: UUID
    revision: int


class QuoteApproved(Event, type="orders.quote.approved.v1", key="quote_id", pcf=("3.5.3.12",)):
    """Somebody other than the author approved a quote."""

    quote_id: UUID
    revision: int
    approved_by: str


class QuoteRejected(Event, type="orders.quote.rejected.v1", key="quote_id", pcf=("3.5.3.12",)):
    """An approver sent a quote back, with the reason."""

    quote_id: UUID
    revision: int
    reason: str


class QuoteSent(Event, type="orders.quote.sent.v1", key="quote_id", pcf=("3.5.3.13",)):
    """The customer has the quote and may accept it."""

    quote_id: UUID
    revision: int


class QuoteAccepted(
    Event, type="orders.quote.accepted.v1", key="quote_id", pcf=("3.5.3.13", "3.5.3.15")
):
    """The customer accepted a quote; it became exactly one order."""

    quote_id: UUID
    revision: int
    customer_id: UUID
    order_id: UUID
    total: Money
    opportunity_id: UUID | None = None


class QuoteDeclined(
    Event, type="orders.quote.declined.v1", key="quote_id", pcf=("3.5.3.13", "3.5.3.15")
):
    """The customer declined a quote."""

    quote_id: UUID
    revision: int
    reason: str
    opportunity_id: UUID | None = None


class OrderPlaced(Event, type="orders.order.placed.v1", key="order_id", pcf=("3.5.4.1", "3.5.4.5")):
    """An order was accepted and stored, with its stock reserved as far as there is some.

    `points` asks loyalty to redeem; `promotions` asks pricing to count their uses. The order is
    confirmed when both have answered, or at once when it asks for neither.
    """

    order_id: UUID
    number: str
    customer_id: UUID
    channel: str
    currency: Currency
    lines: list[SoldLine]
    net: Money
    points: int = 0
    promotions: list[PromotionUse] = []
    quote_id: UUID | None = None
    opportunity_id: UUID | None = None


class OrderConfirmed(
    Event, type="orders.order.confirmed.v1", key="order_id", pcf=("3.5.4.1", "3.5.4.5")
):
    """An order is binding. `net` is what the goods cost; `due` is less by the points redeemed."""

    order_id: UUID
    number: str
    customer_id: UUID
    channel: str
    currency: Currency
    lines: list[SoldLine]
    net: Money
    due: Money
    quote_id: UUID | None = None
    opportunity_id: UUID | None = None


class OrderCancelled(
    Event, type="orders.order.cancelled.v1", key="order_id", pcf=("3.5.4.5", "3.5.4.7")
):
    """An order ended before anything was shipped. What it held is given back.

    `was_confirmed` says whether consumers had counted it.
    """

    order_id: UUID
    customer_id: UUID
    reason: str
    was_confirmed: bool
    opportunity_id: UUID | None = None


class OrderBackOrdered(
    Event, type="orders.order.back-ordered.v1", key="order_id", pcf=("3.5.4.7",)
):
    """These lines of an order wait for stock."""

    order_id: UUID
    customer_id: UUID
    lines: list[MovedLine]


class OrderAllocated(Event, type="orders.order.allocated.v1", key="order_id", pcf=("3.5.4.7",)):
    """Stock came in and was given to these waiting lines."""

    order_id: UUID
    customer_id: UUID
    lines: list[MovedLine]


class OrderShipped(Event, type="orders.order.shipped.v1", key="order_id", pcf=("3.5.4.4",)):
    """A shipment left. `complete` when nothing of the order is left to ship."""

    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    lines: list[MovedLine]
    complete: bool


class OrderDelivered(Event, type="orders.order.delivered.v1", key="order_id", pcf=("3.5.4.5",)):
    """A shipment arrived. `complete` when all of the order has."""

    order_id: UUID
    shipment_id: UUID
    customer_id: UUID
    lines: list[MovedLine]
    complete: bool


class ReturnReceived(Event, type="orders.return.received.v1", key="return_id", pcf=("3.5.4.8",)):
    """Goods of an order came back: stock and money go back with them.

    `refund` is the net of the returned lines; `points_refund` is the part of it that was paid with
    points and goes back as points.
    """

    return_id: UUID
    order_id: UUID
    customer_id: UUID
    lines: list[ReturnedLine]
    refund: Money
    points_refund: int = 0
    opportunity_id: UUID | None = None


class HistoryImported(
    Event, type="orders.history-import.completed.v1", key="import_id", pcf=("3.4.1.1",)
):
    """A file of past orders was taken in: rows = lines + returned + refused."""

    import_id: UUID
    rows: int
    sold: int
    returned: int
    refused: int
