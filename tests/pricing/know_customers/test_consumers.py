"""Customers and their segments, as prices need them."""

from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.database import new_id
from shared.kit.testing import Bench


async def test_a_customer_that_moves_to_another_segment_has_its_prices(
    pricing: Bench, shop
) -> None:
    await shop.product("LAMP")
    await shop.price("LAMP", "2.50")
    await shop.price("LAMP", "2.25", segment="wholesale")
    account = new_id()
    asked = {
        "currency": "GBP",
        "customer_id": str(account),
        "lines": [{"sku": "LAMP", "quantity": 1}],
    }

    totals = []
    for event in (
        AccountRegistered(account_id=account, name="Shop", country="GB"),
        AccountChanged(account_id=account, name="Shop", country="GB", segment="wholesale"),
        AccountChanged(account_id=account, name="Shop", country="GB", segment=None),
    ):
        await pricing.hear(event)
        answer = (await pricing.post("/pricing/resolutions", asked)).json()
        totals.append((answer["segment"], answer["total"]["amount"]))

    assert totals == [(None, "2.50"), ("wholesale", "2.25"), (None, "2.50")]
