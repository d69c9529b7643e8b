"""Promotions: the budget holds under any number of orders, and comes back to the cent."""

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.run_promotions.rules import give_back, split
from pricing.run_promotions.use_cases import count_uses
from shared.events.orders import OrderCancelled, ReturnReceived
from shared.events.parts import ReturnedLine
from shared.events.pricing import (
    PromotionUseCommitted,
    PromotionUseRefused,
    PromotionUseReleased,
)
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


@given(
    st.decimals("0.01", "500", places=2),
    st.lists(
        st.tuples(st.integers(1, 20), st.decimals("0.01", "900", places=2)), min_size=1, max_size=6
    ),
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 20)), max_size=20),
)
def test_returning_everything_gives_back_everything(discount, lines, returns) -> None:
    money = Money.of(discount, "GBP")
    used = split(money, [(n, quantity, net) for n, (quantity, net) in enumerate(lines, 1)])
    freed = Decimal()
    back: Counter[int] = Counter()
    for line, count in [*returns, *[(n, 20) for n in range(1, len(lines) + 1)]]:
        back[line] += count
        used, more = give_back(used, back, "GBP")
        assert more >= 0
        assert give_back(used, back, "GBP")[1] == 0
        freed += more
    assert freed == money.amount


def _cancelled(order) -> OrderCancelled:
    return OrderCancelled(
        order_id=order.order_id, customer_id=order.customer_id, reason="x", was_confirmed=False
    )


def _returned(order, line: int, quantity: int) -> ReturnReceived:
    part = ReturnedLine(line=line, sku=f"S{line}", quantity=quantity, net=Decimal(1))
    return ReturnReceived(
        return_id=new_id(),
        order_id=order.order_id,
        customer_id=order.customer_id,
        lines=[part],
        refund=Money.of(1, "GBP"),
    )


async def _left(pricing: Bench, promotion: dict) -> str:
    return (await pricing.get(f"/pricing/promotions/{promotion['id']}")).json()["left"]["amount"]


@pytest.mark.pcf("3.3.3.7")
async def test_twenty_orders_at_once_on_a_budget_for_three(pricing: Bench, shop) -> None:
    promotion = await shop.promotion(budget="30.00")
    placed = [shop.order(promotion, "10.00") for _ in range(20)]

    await asyncio.gather(*(pricing.hear(order) for order in placed))

    assert len(await pricing.told(PromotionUseCommitted)) == 3
    assert len(await pricing.told(PromotionUseRefused)) == 17
    assert await _left(pricing, promotion) == "0.00"
    uses = (await pricing.get("/pricing/promotion-uses", state="refused")).json()["items"]
    assert uses[0]["reason"] == "SPRING10 has 0.00 GBP of its budget left."


async def test_a_use_is_counted_once_and_given_back_once(pricing: Bench, shop) -> None:
    promotion = await shop.promotion(budget="30.00")
    order = shop.order(promotion, "10.00")

    ids = await pricing.hear(order)
    await pricing.hear(order, ids=ids)
    await pricing.hear(order)
    assert await _left(pricing, promotion) == "20.00"
    await pricing.hear(_cancelled(order))
    await pricing.hear(_cancelled(order))

    assert await _left(pricing, promotion) == "30.00"
    assert len(await pricing.told(PromotionUseReleased)) == 1


async def test_an_order_that_ended_before_its_use_was_heard_uses_nothing(
    pricing: Bench, shop
) -> None:
    promotion = await shop.promotion(budget="30.00")
    order = shop.order(promotion, "10.00")

    await pricing.hear(_cancelled(order))
    await pricing.hear(order)

    assert await _left(pricing, promotion) == "30.00"
    assert len(await pricing.told(PromotionUseRefused)) == 1


@pytest.mark.parametrize("return_first", [True, False])
async def test_a_returned_line_gives_back_its_part(pricing: Bench, shop, return_first) -> None:
    promotion = await shop.promotion(budget="30.00")
    order = shop.order(promotion, "10.00", nets=("60.00", "30.00"))
    back = _returned(order, 2, 3)

    for event in (back, order) if return_first else (order, back):
        await pricing.hear(event)

    assert await _left(pricing, promotion) == "23.33"
    use = (await pricing.get("/pricing/promotion-uses")).json()["items"][0]
    assert use["released"] == {"amount": "3.33", "currency": "GBP"}


async def test_an_ended_promotion_refuses_and_a_draft_too(pricing: Bench, shop) -> None:
    promotion = await shop.promotion()
    path = f"/pricing/promotions/{promotion['id']}"
    await pricing.post(f"{path}/end", {"reason": "The season is over."})

    await pricing.hear(shop.order(promotion))

    assert len(await pricing.told(PromotionUseRefused)) == 1
    assert (await pricing.post(f"{path}/end", {"reason": "Again."})).status_code == 409


async def test_a_return_and_its_order_heard_at_once_meet(pricing: Bench, shop) -> None:
    promotion = await shop.promotion(budget="1000.00")
    orders = [shop.order(promotion, "10.00") for _ in range(12)]

    await asyncio.gather(
        *(pricing.hear(event) for order in orders for event in (order, _returned(order, 1, 3)))
    )

    assert await _left(pricing, promotion) == "1000.00"
    uses = (await pricing.get("/pricing/promotion-uses")).json()["items"]
    assert {use["state"] for use in uses} == {"released"}


async def test_a_customer_uses_a_promotion_no_more_than_its_limit(pricing: Bench, shop) -> None:
    """Eight orders of one customer at once, of which two may use it."""
    promotion = await shop.promotion(budget="1000.00", per_customer_limit=2)
    customer = new_id()
    orders = [
        shop.order(promotion, "10.00").model_copy(update={"customer_id": customer})
        for _ in range(8)
    ]

    await asyncio.gather(*(pricing.hear(order) for order in orders))

    committed = await pricing.told(PromotionUseCommitted)
    refused = await pricing.told(PromotionUseRefused)
    assert (len(committed), len(refused)) == (2, 6)
    assert refused[0].data["reason"] == "SPRING10 may be used 2 times by a customer."
    await pricing.hear(shop.order(promotion, "10.00"))
    assert len(await pricing.told(PromotionUseCommitted)) == 3


async def test_a_use_given_back_counts_no_more_for_its_customer(pricing: Bench, shop) -> None:
    promotion = await shop.promotion(budget="1000.00", per_customer_limit=1)
    first, second = shop.order(promotion, "10.00"), shop.order(promotion, "10.00")
    second = second.model_copy(update={"customer_id": first.customer_id})

    await pricing.hear(first)
    await pricing.hear(_cancelled(first))
    await pricing.hear(second)

    assert len(await pricing.told(PromotionUseCommitted)) == 2


async def test_an_order_for_nothing_gives_back_by_pieces(pricing: Bench, shop) -> None:
    promotion = await shop.promotion(budget="30.00", percent="100")
    order = shop.order(promotion, "10.00", nets=("0.00", "0.00"))

    await pricing.hear(order, _returned(order, 1, 3))

    assert await _left(pricing, promotion) == "25.00"


async def test_all_promotions_of_an_order_are_answered(pricing: Bench, shop) -> None:
    one = await shop.promotion(budget="30.00")
    other = await shop.promotion(budget="5.00", code="extra5")
    order = shop.order(one, "10.00")
    both = [*order.promotions, *shop.order(other, "10.00").promotions]
    order = order.model_copy(update={"promotions": both})

    await pricing.hear(order)
    await pricing.hear(order)

    assert len(await pricing.told(PromotionUseCommitted)) == 1
    assert len(await pricing.told(PromotionUseRefused)) == 1
    await pricing.hear(_cancelled(order))
    assert (await _left(pricing, one), await _left(pricing, other)) == ("30.00", "5.00")


async def test_an_order_may_name_a_promotion_that_does_not_exist(pricing: Bench, shop) -> None:
    order = shop.order({"id": str(new_id()), "code": "GHOST"}, "10.00")

    await pricing.hear(order)

    refused = await pricing.told(PromotionUseRefused)
    assert [one.data["reason"] for one in refused] == ["There is no such promotion."]


async def test_a_return_waits_for_the_use_that_is_being_counted(pricing: Bench, shop) -> None:
    promotion = await shop.promotion(budget="30.00")
    order = shop.order(promotion, "10.00")

    async with pricing.work() as work:
        await count_uses(work, order)
        heard = asyncio.create_task(pricing.hear(_returned(order, 1, 3)))
        # Were it not to wait, it would be done long before, having found nothing to give back.
        done, _ = await asyncio.wait({heard}, timeout=0.3)
        assert not done
    await heard

    assert await _left(pricing, promotion) == "30.00"
