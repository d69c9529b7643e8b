"""HTTP doors of quotes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from orders.quote_customers.rules import QuoteState
from orders.quote_customers.schemas import (
    AcceptQuote,
    GiveReason,
    QuoteHead,
    QuoteView,
    RequestQuote,
    ReviseQuote,
    RevisionView,
)
from orders.quote_customers.tables import Quote, revisions_of
from orders.quote_customers.use_cases import accept_quote as accept
from orders.quote_customers.use_cases import approve_quote as approve
from orders.quote_customers.use_cases import decline_quote as decline
from orders.quote_customers.use_cases import present_revision
from orders.quote_customers.use_cases import reject_quote as reject
from orders.quote_customers.use_cases import request_quote as request_prices
from orders.quote_customers.use_cases import revise_quote as revise
from orders.quote_customers.use_cases import send_quote as send
from orders.quote_customers.use_cases import submit_quote as submit
from shared.events.orders import (
    OrderBackOrdered,
    OrderConfirmed,
    OrderPlaced,
    QuoteAccepted,
    QuoteApproved,
    QuoteDeclined,
    QuoteRejected,
    QuoteRequested,
    QuoteSent,
    QuoteSubmitted,
)
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing
from shared.kit.work import Work

router = Doors("orders", "quotes", tag="Quote customers")

QUOTES = Listing(
    Quote,
    filters={"state": QuoteState, "customer_id": UUID, "opportunity_id": UUID, "number": str},
    ranges={"created_at": datetime},
    sorts=("created_at", "number"),
    default="-created_at",
    text=("number",),
)


async def _view(work: Work, quote: Quote) -> QuoteView:
    await work.session.flush()
    return QuoteView.whole(quote, await present_revision(work, quote))


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.5.3.9", emits=(QuoteRequested,)),
)
async def request_quote(request: RequestQuote, work: Writing) -> QuoteView:
    """Ask for a quote; its prices come from pricing within moments."""
    async with work:
        quote = await request_prices(work, request)
        return work.answer(await _view(work, quote), location=f"/orders/quotes/{quote.id}")


@router.get("", openapi_extra=serves("3.5.3.9"))
async def list_quotes(work: Reading, asked: Annotated[Asked, Depends(QUOTES)]) -> Page[QuoteHead]:
    """Quotes, newest first, without their lines."""
    async with work:
        return work.answer(await QUOTES.page(work, asked, QuoteHead, shown=QuoteHead.of))


@router.get("/{quote_id}", openapi_extra=serves("3.5.3.9"))
async def read_quote(quote_id: UUID, work: Reading) -> QuoteView:
    """A quote with the explanation of each price."""
    async with work:
        return work.answer(await _view(work, await work.get(Quote, quote_id)))


@router.get("/{quote_id}/revisions", openapi_extra=serves("3.5.3.14"))
async def list_quote_revisions(quote_id: UUID, work: Reading) -> list[RevisionView]:
    """All revisions, as they were made and priced."""
    async with work:
        await work.get(Quote, quote_id)
        found = await work.session.scalars(revisions_of(quote_id))
        return work.answer([RevisionView.model_validate(one) for one in found])


@router.post("/{quote_id}/revise", openapi_extra=serves("3.5.3.14", emits=(QuoteRequested,)))
async def revise_quote(quote_id: UUID, request: ReviseQuote, work: Writing) -> QuoteView:
    """Make a new revision; the former ones are kept."""
    async with work:
        return work.answer(await _view(work, await revise(work, quote_id, request)))


@router.post("/{quote_id}/submit", openapi_extra=serves("3.5.3.12", emits=(QuoteSubmitted,)))
async def submit_quote(quote_id: UUID, work: Writing) -> QuoteView:
    """Hand a priced quote to an approver."""
    async with work:
        return work.answer(await _view(work, await submit(work, quote_id)))


@router.post(
    "/{quote_id}/approve",
    openapi_extra=serves("3.5.3.12", scope="approve", emits=(QuoteApproved,)),
)
async def approve_quote(quote_id: UUID, work: Writing) -> QuoteView:
    """Approve a quote somebody else wrote."""
    async with work:
        return work.answer(await _view(work, await approve(work, quote_id)))


@router.post(
    "/{quote_id}/reject",
    openapi_extra=serves("3.5.3.12", scope="approve", emits=(QuoteRejected,)),
)
async def reject_quote(quote_id: UUID, request: GiveReason, work: Writing) -> QuoteView:
    """Send a quote back to its author, with the reason."""
    async with work:
        return work.answer(await _view(work, await reject(work, quote_id, request.reason)))


@router.post("/{quote_id}/send", openapi_extra=serves("3.5.3.13", emits=(QuoteSent,)))
async def send_quote(quote_id: UUID, work: Writing) -> QuoteView:
    """Offer an approved quote to the customer."""
    async with work:
        return work.answer(await _view(work, await send(work, quote_id)))


@router.post(
    "/{quote_id}/accept",
    openapi_extra=serves(
        "3.5.3.13",
        "3.5.3.15",
        emits=(QuoteAccepted, OrderPlaced, OrderConfirmed, OrderBackOrdered),
    ),
)
async def accept_quote(quote_id: UUID, request: AcceptQuote, work: Writing) -> QuoteView:
    """The customer says yes: the quote becomes exactly one order, at its prices."""
    async with work:
        return work.answer(await _view(work, await accept(work, quote_id, request)))


@router.post(
    "/{quote_id}/decline", openapi_extra=serves("3.5.3.13", "3.5.3.15", emits=(QuoteDeclined,))
)
async def decline_quote(quote_id: UUID, request: GiveReason, work: Writing) -> QuoteView:
    """The customer says no."""
    async with work:
        return work.answer(await _view(work, await decline(work, quote_id, request.reason)))
