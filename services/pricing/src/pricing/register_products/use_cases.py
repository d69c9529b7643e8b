"""Register products, one by one or by the thousand."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from pricing.register_products.schemas import (
    BatchView,
    ChangeProduct,
    RegisterProduct,
)
from pricing.register_products.tables import PRODUCT, Product, products_held
from shared.errors import Faults, Invalid
from shared.events.pricing import ProductChanged, ProductRegistered
from shared.kit.database import new_id
from shared.kit.external import claim, give_up
from shared.kit.work import Work


class ProductsRefused(Invalid):
    """The products cannot be registered."""


async def register_product(work: Work, request: RegisterProduct) -> Product:
    product = Product(
        id=new_id(),
        sku=request.sku,
        name=request.name,
        kind=request.kind,
        created_at=work.now,
        floor_price=request.floor_price,
        floor_currency=request.floor_currency,
        external_ids=dict(request.external_ids),
    )
    work.add(product)
    claim(work, PRODUCT, product.id, product.external_ids)
    work.emit(_registered(product), of=product)
    return product


async def register_products(work: Work, items: Sequence[RegisterProduct]) -> BatchView:
    """All or none; a product is known by its sku, and what is already so stays unchanged."""
    _refuse_doubles(items)
    wanted = {item.sku: item for item in items}
    rows = [
        {
            "id": new_id(),
            "sku": item.sku,
            "name": item.name,
            "kind": item.kind,
            "created_at": work.now,
            "floor_price": item.floor_price,
            "floor_currency": item.floor_currency,
            "external_ids": dict(item.external_ids),
            "version": 1,
        }
        for item in sorted(items, key=lambda one: one.sku)
    ]
    made = insert(Product).values(rows).on_conflict_do_nothing(index_elements=["sku"])
    created = set(await work.session.scalars(made.returning(Product.sku)))
    products = {one.sku: one for one in await work.session.scalars(products_held(list(wanted)))}
    changed = 0
    for sku, item in wanted.items():
        product = products[sku]
        if sku in created:
            claim(work, PRODUCT, product.id, product.external_ids)
            work.emit(_registered(product), sequence=1)
        elif await _take(work, product, item):
            changed += 1
            work.emit(_changed(product), of=product)
    return BatchView(
        created=len(created),
        changed=changed,
        unchanged=len(items) - len(created) - changed,
        ids=[products[item.sku].id for item in items],
    )


def _refuse_doubles(items: Sequence[RegisterProduct]) -> None:
    faults = Faults()
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if item.sku in first:
            faults.add(
                f"#/items/{index}/sku",
                "named_twice",
                f"{item.sku} stands at item {first[item.sku]} too.",
                "Send each sku once.",
                item.sku,
            )
        first.setdefault(item.sku, index)
    faults.refuse_if_any(ProductsRefused)


async def _take(work: Work, product: Product, item: RegisterProduct) -> bool:
    """Whether anything changed. What the item leaves out stays."""
    sent = item.model_dump(exclude_unset=True)
    changes = {name: value for name, value in sent.items() if getattr(product, name) != value}
    if "external_ids" in changes:
        for system in product.external_ids:
            await give_up(work.session, PRODUCT, product.id, system)
        claim(work, PRODUCT, product.id, item.external_ids)
    for name, value in changes.items():
        setattr(product, name, value)
    return bool(changes)


async def change_product(work: Work, product_id: UUID, request: ChangeProduct) -> Product:
    product = await work.edit(Product, product_id)
    sent = request.model_dump(exclude_unset=True)
    if sent.get("name") is None:
        sent.pop("name", None)
    for name, value in sent.items():
        setattr(product, name, value)
    work.emit(_changed(product), of=product)
    return product


def _registered(product: Product) -> ProductRegistered:
    return ProductRegistered(
        product_id=product.id, sku=product.sku, name=product.name, kind=product.kind
    )


def _changed(product: Product) -> ProductChanged:
    return ProductChanged(
        product_id=product.id, sku=product.sku, name=product.name, kind=product.kind
    )
