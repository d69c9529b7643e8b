"""One lead becomes a loyal customer, and the books of all six services agree."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.journeys.conftest import World

from tradepost.demo.books import Books, read_books, reconcile
from tradepost.demo.journey import SHORT_BY, Journey

PLANTED = {
    "partners": "update commissions set net = net - 0.01",
    "campaigns": "update attributions set net = net + 0.01",
    "leads": "update account_orders set net = net + 0.01 where net is not null",
    "pricing": "update promotions set committed = committed + 0.01",
    "loyalty": "update members set available = available + 1",
    "orders": "update orders set net = net + 0.01, due = due + 0.01 where quote_id is not null",
}


def _rules(quote: dict) -> set[str]:
    return {step["rule"] for line in quote["lines"] for step in line["explanation"]}


async def _books(world: World, journey: Journey) -> Books:
    return await read_books(world.teller(), [journey.account["id"]])


@pytest.mark.pcf(
    "3.3.4.1",
    "3.3.4.3",
    "3.3.4.5",
    "3.5.1.2",
    "3.5.1.3",
    "3.5.1.6",
    "3.4.2.7",
    "3.4.2.9",
    "3.3.3.4",
    "3.3.3.7",
    "3.5.3.9",
    "3.5.3.12",
    "3.5.3.13",
    "3.5.3.15",
    "3.5.4.1",
    "3.5.4.3",
    "3.5.4.5",
    "3.5.4.7",
    "3.2.6.1",
    "3.2.6.2",
    "3.2.6.3",
    "3.5.5.3",
    "3.3.4.6",
    "3.5.4.8",
    "3.5.1.8.4",
)
async def test_the_journey_and_the_books_at_its_end(world: World) -> None:
    journey = Journey(world.teller())

    await journey.run()

    # 1. recognised as the known account, protected for the partner, won
    assert journey.lead["account_id"] == journey.account["id"]
    assert journey.deal["lead_id"] == journey.lead["id"]
    assert journey.opportunity["stage"] == "won"
    # 2. priced by all rules that apply, the order has the quote's prices
    assert _rules(journey.quote) >= {"list", "segment", "volume_break", "promotion", "floor"}
    assert journey.order["net"] == journey.quote["total"]
    # 3. points paid a part, the short line waited, two shipments arrived
    assert journey.order["points_value"] == {"amount": "1.50", "currency": "GBP"}
    assert journey.order["state"] == "delivered"
    first, second = journey.shipments
    assert [line["quantity"] for line in second["lines"]] == [SHORT_BY]
    assert len(first["lines"]) == 3
    # a refusal gave back what the order held
    refused = next(step for step in journey.tell.steps if "order" in step.facts)
    assert refused.facts["order"]["redemption"] == "refused"
    assert all(line["reserved"] == 0 for line in refused.facts["order"]["lines"])
    # 6. one line came back
    line = journey.order["lines"][0]
    assert journey.returned["refund"]["amount"] == line["net"]
    # the books
    books = await _books(world, journey)
    assert len(books.orders) == 3
    assert reconcile(books) == []
    commission = books.commissions[journey.order["id"]]
    whole = Decimal(commission["base"]["amount"])
    assert Decimal(commission["commission"]["amount"]) == (whole * 5 / 100).quantize(
        Decimal("0.01")
    )
    # nothing is stuck, nothing is parked
    for name in world.urls:
        letters = await world.teller().pages(f"/{name}/dead-letters")
        assert letters == []


async def test_a_planted_error_in_any_book_is_found(world: World) -> None:
    journey = Journey(world.teller())
    await journey.run()
    assert reconcile(await _books(world, journey)) == []

    for name, statement in PLANTED.items():
        await _change(world.urls[name], statement)
        assert reconcile(await _books(world, journey)), f"the error planted in {name} was not found"
        await _change(world.urls[name], _undone(statement))
    assert reconcile(await _books(world, journey)) == []


async def _change(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def _undone(statement: str) -> str:
    swapped = statement.replace(" + ", " \0 ").replace(" - ", " + ")
    return swapped.replace(" \0 ", " - ")
