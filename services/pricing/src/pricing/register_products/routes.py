"""HTTP doors of products."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from pricing.register_products.rules import ProductKind
from pricing.register_products.schemas import (
    BatchView,
    ChangeProduct,
    ProductView,
    RegisterProduct,
    RegisterProducts,
)
from pricing.register_products.tables import PRODUCT, Product, product_of
from pricing.register_products.use_cases import change_product as change
from pricing.register_products.use_cases import register_product as register
from pricing.register_products.use_cases import register_products as register_many
from shared.errors import NotFound
from shared.events.pricing import ProductChanged, ProductRegistered
from shared.kit.external import ExternalId, System, find
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("pricing", "products", tag="Register products")

PRODUCTS = Listing(
    Product,
    filters={"sku": str, "kind": ProductKind},
    sorts=("sku", "name", "created_at"),
    default="sku",
    text=("sku", "name", "external_ids"),
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.3.3.4", emits=(ProductRegistered,)),
)
async def register_product(request: RegisterProduct, work: Writing) -> ProductView:
    """Register a product, so that it can be priced and sold."""
    async with work:
        product = await register(work, request)
        view = ProductView.model_validate(product)
        return work.answer(view, location=f"/pricing/products/{product.id}")


@router.post("/batch", openapi_extra=serves("3.3.3.4", emits=(ProductRegistered, ProductChanged)))
async def register_products(request: RegisterProducts, work: Writing) -> BatchView:
    """Register or change up to a thousand products by their sku, all or none."""
    async with work:
        return work.answer(await register_many(work, request.items))


@router.get("", openapi_extra=serves("3.3.3.4"))
async def list_products(
    work: Reading, asked: Annotated[Asked, Depends(PRODUCTS)]
) -> Page[ProductView]:
    """Products by sku."""
    async with work:
        return work.answer(await PRODUCTS.page(work, asked, ProductView))


@router.get("/by-sku/{sku}", openapi_extra=serves("3.3.3.4"))
async def read_product_by_sku(sku: str, work: Reading) -> ProductView:
    """The product with that sku."""
    async with work:
        product = await work.session.scalar(product_of(sku))
        if product is None:
            raise NotFound(f"There is no product {sku}.")
        return work.answer(ProductView.model_validate(product))


@router.get("/by-external-id/{system}/{external_id}", openapi_extra=serves("3.3.3.4"))
async def read_product_by_external_id(
    system: System, external_id: ExternalId, work: Reading
) -> ProductView:
    """The product another system knows by this id."""
    async with work:
        product = await find(work, Product, PRODUCT, system, external_id)
        return work.answer(ProductView.model_validate(product))


@router.get("/{product_id}", openapi_extra=serves("3.3.3.4"))
async def read_product(product_id: UUID, work: Reading) -> ProductView:
    """A product."""
    async with work:
        return work.answer(ProductView.model_validate(await work.get(Product, product_id)))


@router.patch(
    "/{product_id}", openapi_extra=serves("3.3.3.4", emits=(ProductChanged,), must_match=True)
)
async def change_product(product_id: UUID, request: ChangeProduct, work: Writing) -> ProductView:
    """Change name or floor of a product, on the version you read (`If-Match`)."""
    async with work:
        return work.answer(ProductView.model_validate(await change(work, product_id, request)))
