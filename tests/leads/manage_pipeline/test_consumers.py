"""What quotes do to opportunities."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.events.leads import OpportunityMoved, OpportunityWon
from shared.events.orders import QuoteAccepted, QuoteDeclined, QuoteRequested, QuoteSent
from shared.events.parts import WantedLine
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


class Quote:
    """A quote of orders for an opportunity."""

    def __init__(self, opportunity: dict[str, Any]) -> None:
        self.id = new_id()
        self.opportunity_id = UUID(opportunity["id"])
        self.customer_id = UUID(opportunity["account_id"])

    def requested(self, revision: int = 1) -> QuoteRequested:
        return QuoteRequested(
            quote_id=self.id,
            revision=revision,
            customer_id=self.customer_id,
            currency="GBP",
            lines=[WantedLine(line=1, sku="LAMP", quantity=2)],
            opportunity_id=self.opportunity_id,
        )

    def sent(self, revision: int = 1) -> QuoteSent:
        return QuoteSent(quote_id=self.id, revision=revision)

    def accepted(self) -> QuoteAccepted:
        return QuoteAccepted(
            quote_id=self.id,
            revision=1,
            customer_id=self.customer_id,
            order_id=new_id(),
            total=Money.of("950.00", "GBP"),
            opportunity_id=self.opportunity_id,
        )

    def declined(self) -> QuoteDeclined:
        return QuoteDeclined(
            quote_id=self.id, revision=1, reason="Too dear.", opportunity_id=self.opportunity_id
        )


@pytest.mark.pcf("3.5.1.8.4")
async def test_a_quote_sent_proposes_and_accepted_wins(leads: Bench, world) -> None:
    opportunity = await world.opportunity()
    quote, path = Quote(opportunity), f"/leads/opportunities/{opportunity['id']}"

    await leads.hear(quote.requested(), quote.sent())
    proposed = await world.read(path)
    accepted = quote.accepted()
    await leads.hear(accepted)

    won = await world.read(path)
    assert (proposed["stage"], proposed["quote_id"]) == ("proposal", str(quote.id))
    assert won["stage"] == "won"
    assert won["value"] == {"amount": "950.00", "currency": "GBP"}
    assert (won["quote_id"], won["order_id"]) == (str(quote.id), str(accepted.order_id))
    assert won["allowed_actions"] == []
    (told,) = await leads.told(OpportunityWon)
    assert told.data == {
        "opportunity_id": opportunity["id"],
        "account_id": opportunity["account_id"],
        "value": {"amount": "950.00", "currency": "GBP"},
        "quote_id": str(quote.id),
        "order_id": str(accepted.order_id),
    }
    pipeline = (await world.read("/leads/pipeline"))["items"]
    assert [(p["stage"], p["total"]["amount"]) for p in pipeline] == [("won", "950.00")]


async def test_an_opportunity_is_won_once(leads: Bench, world) -> None:
    """By one of four acceptances that arrive at once, and by none that is told again."""
    opportunity = await world.opportunity()
    accepted = [Quote(opportunity).accepted() for _ in range(4)]

    await asyncio.gather(*(leads.hear(each) for each in accepted))
    await leads.hear(*accepted)

    won = await world.read(f"/leads/opportunities/{opportunity['id']}")
    (told,) = await leads.told(OpportunityWon)
    assert told.data["quote_id"] == won["quote_id"]
    assert won["version"] == 2


async def test_a_sent_quote_never_moves_back(leads: Bench, world) -> None:
    opportunity = await world.opportunity()
    path = f"/leads/opportunities/{opportunity['id']}"
    await leads.post(f"{path}/move", {"stage": "negotiation"})
    quote = Quote(opportunity)

    await leads.hear(quote.requested(), quote.sent())

    found = await world.read(path)
    assert (found["stage"], found["quote_id"]) == ("negotiation", str(quote.id))
    assert found["history"][-1]["kind"] == "noted"


async def test_sent_before_requested_comes_out_the_same(leads: Bench, world) -> None:
    opportunity = await world.opportunity()
    quote = Quote(opportunity)

    await leads.hear(quote.sent())
    await leads.hear(quote.requested())
    await leads.hear(quote.sent(), quote.requested())

    found = await world.read(f"/leads/opportunities/{opportunity['id']}")
    assert found["stage"] == "proposal"
    assert len(await leads.told(OpportunityMoved)) == 1


async def test_a_declined_quote_is_noted_only(leads: Bench, world) -> None:
    opportunity = await world.opportunity()

    await leads.hear(Quote(opportunity).declined())

    found = await world.read(f"/leads/opportunities/{opportunity['id']}")
    assert (found["stage"], found["allowed_actions"]) == ("discovery", ["move", "lose"])
    assert "Too dear." in found["history"][-1]["note"]


async def test_what_was_lost_stays_lost(leads: Bench, world) -> None:
    opportunity = await world.opportunity()
    path = f"/leads/opportunities/{opportunity['id']}"
    await leads.post(f"{path}/lose", {"reason": "Went elsewhere."})
    quote = Quote(opportunity)

    await leads.hear(quote.requested(), quote.sent(), quote.accepted())

    found = await world.read(path)
    assert (found["stage"], found["value"], found["order_id"]) == ("lost", None, None)
    assert await leads.told(OpportunityWon) == []


async def test_quotes_of_nobodys_opportunity_are_let_pass(leads: Bench, world) -> None:
    stranger = Quote({"id": str(new_id()), "account_id": str(new_id())})

    await leads.hear(
        stranger.requested(), stranger.sent(), stranger.accepted(), stranger.declined()
    )

    assert await leads.told() == []
