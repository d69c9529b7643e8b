"""What pricing tells: products, prices, promotions and their uses, prices of quotes."""

from uuid import UUID

from shared.events.contract import Event
from shared.events.parts import PricedLine, Sku
from shared.values import Currency, Exact, Instant, Money


class ProductRegistered(
    Event, type="pricing.product.registered.v1", key="product_id", pcf=("3.3.3.4",)
):
    """A product can be priced and sold. `kind` is goods, or charge (postage, service)."""

    product_id: UUID
    sku: Sku
    name: str
    kind: str = "goods"


class ProductChanged(Event, type="pricing.product.changed.v1", key="product_id", pcf=("3.3.3.4",)):
    """A product's data changed; the event holds them as they are now."""

    product_id: UUID
    sku: Sku
    name: str
    kind: str = "goods"


class PriceSet(Event, type="pricing.price.set.v1", key="price_id", pcf=("3.3.3.4",)):
    """A price holds for a period: for everybody, or for a segment, from a quantity on.

    `segment` null is the list price; `valid_to` null is open. Setting it again under the same id
    changes the end of its validity.
    """

    price_id: UUID
    sku: Sku
    currency: Currency
    amount: Exact
    min_quantity: int = 1
    segment: str | None = None
    valid_from: Instant
    valid_to: Instant | None = None


class PromotionActivated(
    Event, type="pricing.promotion.activated.v1", key="promotion_id", pcf=("3.3.3.7",)
):
    """A promotion can be used, within its budget and its period."""

    promotion_id: UUID
    code: str
    name: str
    percent: Exact
    budget: Money
    valid_from: Instant
    valid_to: Instant | None = None


class PromotionEnded(
    Event, type="pricing.promotion.ended.v1", key="promotion_id", pcf=("3.3.3.7",)
):
    """A promotion cannot be used any more."""

    promotion_id: UUID
    code: str
    reason: str


class PromotionUseCommitted(
    Event, type="pricing.promotion-use.committed.v1", key="use_id", pcf=("3.3.3.7",)
):
    """An order's use of a promotion is counted against its budget."""

    use_id: UUID
    promotion_id: UUID
    order_id: UUID
    discount: Money


class PromotionUseRefused(
    Event, type="pricing.promotion-use.refused.v1", key="use_id", pcf=("3.3.3.7",)
):
    """An order may not use the promotion: the budget is spent, or the promotion has ended."""

    use_id: UUID
    promotion_id: UUID
    order_id: UUID
    reason: str


class PromotionUseReleased(
    Event, type="pricing.promotion-use.released.v1", key="use_id", pcf=("3.3.3.7",)
):
    """A use was given back to the budget, whole or in part (cancelled order, returned line)."""

    use_id: UUID
    promotion_id: UUID
    order_id: UUID
    released: Money


class QuotePricesResolved(
    Event, type="pricing.quote-prices.resolved.v1", key="resolution_id", pcf=("3.3.3.4", "3.5.3.9")
):
    """The prices of a quote's revision, each with its explanation.

    `list_total` and `total` are sums over the lines; `promotion_id` names the promotion applied.
    """

    resolution_id: UUID
    quote_id: UUID
    revision: int
    currency: Currency
    lines: list[PricedLine]
    list_total: Money
    total: Money
    promotion_id: UUID | None = None
    promotion_code: str | None = None
    promotion_discount: Money | None = None
    below_floor: bool = False


class QuotePricesRefused(
    Event, type="pricing.quote-prices.refused.v1", key="resolution_id", pcf=("3.3.3.4", "3.5.3.9")
):
    """A quote's revision cannot be priced, with all reasons."""

    resolution_id: UUID
    quote_id: UUID
    revision: int
    reasons: list[str]
