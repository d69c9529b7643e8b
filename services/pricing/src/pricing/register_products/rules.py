"""What a product is. Pure."""

from enum import StrEnum

from shared.errors import Conflict


class ProductKind(StrEnum):
    """goods: has stock · charge: postage, service and the like."""

    GOODS = "goods"
    CHARGE = "charge"


class SkuIsTaken(Conflict):
    """Another product has this sku."""
