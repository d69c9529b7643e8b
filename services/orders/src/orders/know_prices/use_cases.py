"""Know prices: keep the price book as pricing tells it."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from orders.know_prices.tables import KnownPrice, KnownProduct
from shared.events.pricing import PriceSet, ProductChanged, ProductRegistered
from shared.kit.work import Work


async def know_products(
    work: Work, products: Sequence[ProductRegistered] | Sequence[ProductChanged]
) -> None:
    """Many at once: a catalogue comes by the thousand. The last word on a product counts."""
    rows = {
        p.sku: {"sku": p.sku, "product_id": p.product_id, "name": p.name, "kind": p.kind}
        for p in products
    }
    statement = insert(KnownProduct).values(list(rows.values()))
    changed = {name: statement.excluded[name] for name in ("product_id", "name", "kind")}
    await work.session.execute(
        statement.on_conflict_do_update(index_elements=["sku"], set_=changed)
    )


async def know_prices(work: Work, prices: Sequence[PriceSet]) -> None:
    """The last word on a price counts."""
    rows = {
        price.price_id: {
            "id": price.price_id,
            "sku": price.sku,
            "currency": price.currency,
            "amount": price.amount,
            "min_quantity": price.min_quantity,
            "segment": price.segment,
            "valid_from": price.valid_from,
            "valid_to": price.valid_to,
        }
        for price in prices
    }
    statement = insert(KnownPrice).values(list(rows.values()))
    changed = {name: statement.excluded[name] for name in ("amount", "valid_from", "valid_to")}
    await work.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
