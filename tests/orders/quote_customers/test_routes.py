"""Quotes through the HTTP door, with pricing's answers as events."""

import asyncio
from decimal import Decimal

import pytest

from orders.quote_customers.tables import Quote
from shared.events.orders import OrderPlaced, QuoteAccepted, QuoteRequested
from shared.events.parts import PricedLine, PriceStep
from shared.events.pricing import QuotePricesRefused, QuotePricesResolved
from shared.kit.database import new_id
from shared.kit.testing import Bench, faults_of
from shared.values import Money


async def _requested(orders: Bench, world) -> dict:
    customer = await world.customer()
    await world.product("LAMP", "2.50", on_hand=100)
    body = {
        "customer_id": str(customer),
        "currency": "GBP",
        "lines": [{"sku": "LAMP", "quantity": 10}],
    }
    answer = await orders.post("/orders/quotes", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _prices(quote: dict, unit: str = "2.25", *, promotion: bool = False) -> QuotePricesResolved:
    price = Decimal(unit)
    steps = [PriceStep(rule="list", detail="List price", unit_price=Decimal("2.50"))]
    line = PricedLine(
        line=1,
        sku="LAMP",
        quantity=10,
        list_price=Decimal("2.50"),
        unit_price=price,
        net=price * 10,
        explanation=steps,
    )
    return QuotePricesResolved(
        resolution_id=new_id(),
        quote_id=quote["id"],
        revision=quote["revision"],
        currency="GBP",
        lines=[line],
        list_total=Money.of("25.00", "GBP"),
        total=Money.of(price * 10, "GBP"),
        promotion_id=new_id() if promotion else None,
        promotion_code="SPRING" if promotion else None,
        promotion_discount=Money.of("2.50", "GBP") if promotion else None,
    )


async def _act(orders: Bench, quote: dict, act: str, body: dict | None = None, who: str = "tester"):
    headers = orders.bearer("orders:write", "orders:approve", subject=who)
    return await orders.post(f"/orders/quotes/{quote['id']}/{act}", body, headers=headers)


async def _sent(orders: Bench, world, **how) -> dict:
    quote = await _requested(orders, world)
    await orders.hear(_prices(quote, **how))
    for act, who in (("submit", "tester"), ("approve", "boss"), ("send", "tester")):
        answer = await _act(orders, quote, act, who=who)
        assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.pcf("3.5.3.9", "3.5.3.12", "3.5.3.13", "3.5.3.15")
async def test_a_quote_is_priced_approved_sent_and_becomes_an_order(orders: Bench, world) -> None:
    quote = await _sent(orders, world, promotion=True)
    assert quote["total"] == {"amount": "22.50", "currency": "GBP"}
    assert quote["lines"][0]["explanation"][0]["rule"] == "list"
    assert quote["allowed_actions"] == ["accept", "decline", "revise"]

    accepted = (await _act(orders, quote, "accept", {"po_number": "PO-1"})).json()

    assert accepted["state"] == "accepted"
    order = (await orders.get(f"/orders/orders/{accepted['order_id']}")).json()
    assert order["net"] == {"amount": "22.50", "currency": "GBP"}
    assert (order["state"], order["promotion"]) == ("received", "asked")
    placed = (await orders.told(OrderPlaced))[0].data
    assert placed["promotions"][0]["code"] == "SPRING"
    assert placed["quote_id"] == quote["id"]


async def test_ten_yeses_make_one_order(orders: Bench, world) -> None:
    quote = await _sent(orders, world)

    answers = await asyncio.gather(*(_act(orders, quote, "accept", {}) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert await orders.count("orders") == 1
    assert len(await orders.told(QuoteAccepted)) == 1


async def test_nobody_approves_their_own_quote(orders: Bench, world) -> None:
    quote = await _requested(orders, world)
    await orders.hear(_prices(quote))
    await _act(orders, quote, "submit")

    own = await _act(orders, quote, "approve", who="tester")
    without = await orders.post(
        f"/orders/quotes/{quote['id']}/approve",
        headers=orders.bearer("orders:write", subject="boss"),
    )

    assert (own.status_code, without.status_code) == (403, 403)
    assert without.json()["missing_scope"] == "orders:approve"


async def test_prices_of_a_former_revision_come_too_late(orders: Bench, world) -> None:
    quote = await _requested(orders, world)
    revised = await _act(orders, quote, "revise", {"lines": [{"sku": "LAMP", "quantity": 20}]})
    assert revised.json()["revision"] == 2

    await orders.hear(_prices(quote))

    read = (await orders.get(f"/orders/quotes/{quote['id']}")).json()
    assert (read["state"], read["total"]) == ("pricing", None)
    assert [e.data["revision"] for e in await orders.told(QuoteRequested)] == [1, 2]


@pytest.mark.pcf("3.5.3.14")
async def test_a_revision_keeps_the_former_as_it_was(orders: Bench, world) -> None:
    quote = await _sent(orders, world)

    await _act(orders, quote, "revise", {"lines": [{"sku": "LAMP", "quantity": 20}]})

    kept = (await orders.get(f"/orders/quotes/{quote['id']}/revisions")).json()
    assert [(one["revision"], one["wanted"][0]["quantity"]) for one in kept] == [(1, 10), (2, 20)]
    assert kept[0]["priced"][0]["unit_price"] == "2.25"
    assert (await _act(orders, quote, "accept", {})).status_code == 409


async def test_an_unpriceable_quote_is_a_draft_with_reasons(orders: Bench, world) -> None:
    quote = await _requested(orders, world)
    refused = QuotePricesRefused(
        resolution_id=new_id(), quote_id=quote["id"], revision=1, reasons=["LAMP has no price."]
    )

    await orders.hear(refused)

    read = (await orders.get(f"/orders/quotes/{quote['id']}")).json()
    assert (read["state"], read["reasons"]) == ("draft", ["LAMP has no price."])


async def test_an_expired_quote_cannot_be_accepted(orders: Bench, world) -> None:
    quote = await _sent(orders, world)
    async with orders.work() as work:
        row = await work.session.get(Quote, quote["id"])
        row.valid_until = row.sent_at

    answer = await _act(orders, quote, "accept", {})

    assert answer.status_code == 409
    assert await orders.count("orders") == 0


async def test_who_was_suspended_meanwhile_cannot_accept(orders: Bench, world) -> None:
    quote = await _sent(orders, world)
    party = f"/orders/parties/{quote['customer_id']}"
    version = (await orders.get(party)).json()["version"]
    suspended = await orders.patch(party, {"state": "suspended"}, version=version)
    assert suspended.status_code == 200, suspended.text

    answer = await orders.post(f"/orders/quotes/{quote['id']}/accept", {})

    assert answer.status_code == 422
    assert list(faults_of(answer).values()) == ["customer_may_not_order"]
