"""Products and how to find them."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from pricing.register_products.rules import ProductKind, SkuIsTaken
from pricing.table import Table
from shared.kit.database import Versioned, means

PRODUCT = "product"
"""The kind of our external ids."""


class Product(Versioned, Table, kw_only=True):
    """A product. Its floor is the lowest unit price it may be sold at, in one currency."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(
            "(floor_price is null) = (floor_currency is null) and floor_price >= 0",
            name="floor_has_currency",
        ),
        Index("uq_products_sku", "sku", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    name: Mapped[str] = mapped_column(index=True)
    kind: Mapped[ProductKind]
    created_at: Mapped[datetime] = mapped_column(index=True)
    floor_price: Mapped[Decimal | None] = mapped_column(default=None)
    floor_currency: Mapped[str | None] = mapped_column(default=None)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)


means("uq_products_sku", SkuIsTaken)


def products_held(skus: list[str]) -> Select[Product]:
    """Locked until commit, in the order of sku."""
    return select(Product).where(Product.sku.in_(skus)).order_by(Product.sku).with_for_update()


def skus_held(skus: Collection[str]) -> Select[str]:
    """The skus there are, held until commit in their order, so that prices are set one after another."""
    chosen = select(Product.sku).where(Product.sku.in_(skus)).order_by(Product.sku)
    return chosen.with_for_update(key_share=True)


def product_of(sku: str) -> Select[Product]:
    return select(Product).where(Product.sku == sku)
