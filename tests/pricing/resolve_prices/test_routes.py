"""What something costs, through HTTP and for quotes."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.orders import QuoteRequested
from shared.events.parts import WantedLine
from shared.events.pricing import QuotePricesRefused, QuotePricesResolved
from shared.kit.database import new_id
from shared.kit.testing import Bench, faults_of


def _quote(customer, *lines: tuple[str, int], code: str | None = None) -> QuoteRequested:
    return QuoteRequested(
        quote_id=new_id(),
        revision=1,
        customer_id=customer,
        currency="GBP",
        lines=[WantedLine(line=n, sku=sku, quantity=q) for n, (sku, q) in enumerate(lines, 1)],
        promotion_code=code,
    )


@pytest.mark.pcf("3.3.3.4", "3.5.3.9")
async def test_a_quote_gets_its_prices_with_their_explanation(pricing: Bench, shop) -> None:
    await shop.product("LAMP", floor_price="1.90", floor_currency="GBP")
    await shop.price("LAMP", "2.50")
    await shop.price("LAMP", "2.25", segment="wholesale")
    await shop.price("LAMP", "2.00", segment="wholesale", min_quantity=48)
    customer = await shop.customer("wholesale")
    await shop.promotion(percent="10")
    asked = _quote(customer, ("LAMP", 48), code="SPRING10")

    ids = await pricing.hear(asked)
    await pricing.hear(asked, ids=ids)
    await pricing.hear(asked)

    told = await pricing.told(QuotePricesResolved)
    assert len(told) == 1
    line = told[0].data["lines"][0]
    steps = [(s["rule"], s["unit_price"]) for s in line["explanation"]]
    assert steps == [
        ("list", "2.50"),
        ("segment", "2.25"),
        ("volume_break", "2.00"),
        ("promotion", "1.80"),
        ("floor", "1.90"),
    ]
    assert told[0].data["total"] == {"amount": "91.20", "currency": "GBP"}
    assert told[0].data["list_total"] == {"amount": "120.00", "currency": "GBP"}
    assert told[0].data["promotion_discount"] == {"amount": "4.80", "currency": "GBP"}
    listed = (await pricing.get("/pricing/resolutions", quote_id=str(asked.quote_id))).json()
    assert listed["items"][0]["answer"]["total"]["amount"] == "91.20"


async def test_a_quote_that_cannot_be_priced_hears_every_reason(pricing: Bench, shop) -> None:
    await shop.product("LAMP")

    await pricing.hear(_quote(uuid4(), ("LAMP", 1), ("NOPE", 1), code="NONE"))

    told = await pricing.told(QuotePricesRefused)
    assert told[0].data["reasons"] == [
        "There is no NONE.",
        "LAMP has no price in GBP for 1.",
        "NOPE is not a product.",
    ]


async def test_anybody_may_ask_what_it_costs_and_nothing_is_kept(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    await shop.price("LAMP", "2.50")
    body = {"currency": "GBP", "lines": [{"sku": "LAMP", "quantity": 3}]}

    answer = await pricing.client.post(
        "/pricing/resolutions", json=body, headers=pricing.bearer("pricing:read")
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == {"amount": "7.50", "currency": "GBP"}
    assert await pricing.count("price_resolutions") == 0


async def test_all_that_cannot_be_priced_is_named_at_once(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    lines = [{"sku": "LAMP", "quantity": 1}, {"sku": "NOPE", "quantity": 1}]
    body = {"currency": "GBP", "promotion_code": "NONE", "lines": lines}

    answer = await pricing.post("/pricing/resolutions", body)

    assert faults_of(answer) == {
        "#/promotion_code": "unknown_promotion",
        "#/lines/0/sku": "no_price",
        "#/lines/1/sku": "unknown_product",
    }


@pytest.mark.parametrize("code", ["no code at all!", ""])
async def test_a_quote_with_a_code_that_cannot_be_one_is_answered_too(
    pricing: Bench, shop, code
) -> None:
    await shop.product("LAMP")
    await shop.price("LAMP", "2.50")

    await pricing.hear(_quote(uuid4(), ("LAMP", 1), code=code))

    told = [*await pricing.told(QuotePricesRefused), *await pricing.told(QuotePricesResolved)]
    assert len(told) == 1


async def test_a_revision_asked_for_twice_at_once_has_one_answer(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    await shop.price("LAMP", "2.50")
    asked = _quote(uuid4(), ("LAMP", 1))

    await asyncio.gather(*(pricing.hear(asked) for _ in range(5)))

    assert len(await pricing.told(QuotePricesResolved)) == 1


async def test_lines_in_another_order_cost_the_same(pricing: Bench, shop) -> None:
    for sku, amount in (("LAMP", "2.333333"), ("VASE", "0.005"), ("CUP", "0.015")):
        await shop.product(sku)
        await shop.price(sku, amount)
    lines = [{"sku": sku, "quantity": 1} for sku in ("LAMP", "VASE", "CUP", "VASE")]

    answers = [
        (await pricing.post("/pricing/resolutions", {"currency": "GBP", "lines": asked})).json()
        for asked in (lines, lines[::-1])
    ]

    assert answers[0]["total"] == answers[1]["total"] == {"amount": "2.37", "currency": "GBP"}
    assert answers[0]["list_total"] == answers[0]["total"]
