"""Topic doors of the price book."""

from collections.abc import Sequence

from orders.know_prices.use_cases import know_prices, know_products
from shared.events.pricing import PriceSet, ProductChanged, ProductRegistered
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on_many(ProductRegistered)
async def know_registered_products(work: Work, products: Sequence[ProductRegistered]) -> None:
    """What pricing registers can be ordered."""
    await know_products(work, products)


@consumer.on_many(ProductChanged)
async def know_changed_products(work: Work, products: Sequence[ProductChanged]) -> None:
    """A renamed product is so here too."""
    await know_products(work, products)


@consumer.on_many(PriceSet)
async def know_set_prices(work: Work, prices: Sequence[PriceSet]) -> None:
    """What pricing sets is what an order without a quote costs."""
    await know_prices(work, prices)
