"""Quote customers: request prices, review, send, and turn a yes into exactly one order."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from orders.accept_orders.rules import Line
from orders.accept_orders.use_cases import Sale, store_order
from orders.keep_parties.rules import may_order
from orders.keep_parties.tables import Party
from orders.know_prices.tables import goods_among
from orders.quote_customers.rules import (
    Act,
    QuoteRefused,
    QuoteState,
    check_act,
    check_four_eyes,
    check_validity,
)
from orders.quote_customers.schemas import AcceptQuote, QuoteLine, RequestQuote, ReviseQuote
from orders.quote_customers.tables import QUOTE_NUMBERS, Quote, QuoteRevision
from shared.errors import Faults
from shared.events.orders import (
    QuoteAccepted,
    QuoteApproved,
    QuoteDeclined,
    QuotePriced,
    QuoteRejected,
    QuoteRequested,
    QuoteSent,
    QuoteSubmitted,
    QuoteUnpriceable,
)
from shared.events.parts import PricedLine, PromotionUse, WantedLine
from shared.events.pricing import QuotePricesRefused, QuotePricesResolved
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


async def request_quote(work: Work, request: RequestQuote) -> Quote:
    """Stores the wish and asks pricing."""
    await _check_party(work, request.customer_id)
    quote = Quote(
        id=new_id(),
        number=f"QU-{await work.session.scalar(select(QUOTE_NUMBERS.next_value())):08d}",
        customer_id=request.customer_id,
        currency=request.currency,
        state=QuoteState.PRICING,
        revision=0,
        author=work.context.actor,
        valid_days=request.valid_days,
        created_at=work.now,
        opportunity_id=request.opportunity_id,
    )
    work.add(quote)
    await work.session.flush()
    _ask_prices(work, quote, request.lines, request.promotion_code)
    return quote


async def _check_party(work: Work, customer_id: UUID) -> None:
    party = await work.session.get(Party, customer_id)
    faults = Faults()
    if party is None or not may_order(party.state):
        faults.add(
            "#/customer_id",
            "unknown_customer" if party is None else "customer_may_not_order",
            f"{customer_id} is not a party that may order.",
            "See GET /orders/parties; a new account becomes a party within moments.",
            str(customer_id),
        )
    faults.refuse_if_any(QuoteRefused)


async def revise_quote(work: Work, quote_id: UUID, request: ReviseQuote) -> Quote:
    """A new revision; whoever revises is the author whom somebody else must approve."""
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.REVISE)
    quote.author = work.context.actor
    quote.approved_by = quote.sent_at = quote.valid_until = None
    quote.list_total = quote.total = quote.reason = None
    _ask_prices(work, quote, request.lines, request.promotion_code)
    return quote


def _ask_prices(
    work: Work, quote: Quote, lines: Sequence[QuoteLine], promotion_code: str | None
) -> None:
    quote.revision += 1
    quote.state = QuoteState.PRICING
    quote.promotion_code = promotion_code
    work.add(
        QuoteRevision(
            quote_id=quote.id,
            revision=quote.revision,
            wanted=[line.model_dump() for line in lines],
            made_at=work.now,
            made_by=work.context.actor,
        )
    )
    work.emit(
        QuoteRequested(
            quote_id=quote.id,
            revision=quote.revision,
            customer_id=quote.customer_id,
            currency=quote.currency,
            lines=[
                WantedLine(line=number, sku=line.sku, quantity=line.quantity)
                for number, line in enumerate(lines, 1)
            ],
            opportunity_id=quote.opportunity_id,
            promotion_code=promotion_code,
        ),
        of=quote,
    )


async def present_revision(work: Work, quote: Quote) -> QuoteRevision:
    return await work.session.get_one(QuoteRevision, (quote.id, quote.revision))


async def take_prices(work: Work, resolved: QuotePricesResolved) -> None:
    """Pricing's answer to the present revision; one to a former revision comes too late."""
    quote = await work.edit(Quote, resolved.quote_id)
    if quote.revision != resolved.revision or quote.state is not QuoteState.PRICING:
        return
    revision = await present_revision(work, quote)
    revision.priced = [line.model_dump(mode="json") for line in resolved.lines]
    revision.total = resolved.total.amount
    if resolved.promotion_id is not None and resolved.promotion_discount is not None:
        revision.promotion = PromotionUse(
            promotion_id=resolved.promotion_id,
            code=resolved.promotion_code or "",
            discount=resolved.promotion_discount,
        ).model_dump(mode="json")
    quote.list_total, quote.total = resolved.list_total.amount, resolved.total.amount
    quote.state = QuoteState.PRICED
    work.emit(
        QuotePriced(
            quote_id=quote.id,
            revision=quote.revision,
            total=resolved.total,
            list_total=resolved.list_total,
            lines=resolved.lines,
        ),
        of=quote,
    )


async def note_refusal(work: Work, refused: QuotePricesRefused) -> None:
    """The quote needs work before pricing can answer."""
    quote = await work.edit(Quote, refused.quote_id)
    if quote.revision != refused.revision or quote.state is not QuoteState.PRICING:
        return
    revision = await present_revision(work, quote)
    revision.reasons = list(refused.reasons)
    quote.state, quote.reason = QuoteState.DRAFT, " ".join(refused.reasons)
    told = QuoteUnpriceable(
        quote_id=quote.id, revision=quote.revision, reasons=list(refused.reasons)
    )
    work.emit(told, of=quote)


async def submit_quote(work: Work, quote_id: UUID) -> Quote:
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.SUBMIT)
    quote.state = QuoteState.IN_REVIEW
    work.emit(QuoteSubmitted(quote_id=quote.id, revision=quote.revision), of=quote)
    return quote


async def approve_quote(work: Work, quote_id: UUID) -> Quote:
    """By somebody other than the author of the revision."""
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.APPROVE)
    check_four_eyes(quote.author, work.context.actor)
    quote.state, quote.approved_by = QuoteState.APPROVED, work.context.actor
    told = QuoteApproved(quote_id=quote.id, revision=quote.revision, approved_by=work.context.actor)
    work.emit(told, of=quote)
    return quote


async def reject_quote(work: Work, quote_id: UUID, reason: str) -> Quote:
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.REJECT)
    quote.state, quote.reason = QuoteState.DRAFT, reason
    work.emit(QuoteRejected(quote_id=quote.id, revision=quote.revision, reason=reason), of=quote)
    return quote


async def send_quote(work: Work, quote_id: UUID) -> Quote:
    """From now the customer may accept, until the validity ends."""
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.SEND)
    quote.state, quote.sent_at = QuoteState.SENT, work.now
    quote.valid_until = work.now + timedelta(days=quote.valid_days)
    work.emit(QuoteSent(quote_id=quote.id, revision=quote.revision), of=quote)
    return quote


async def accept_quote(work: Work, quote_id: UUID, request: AcceptQuote) -> Quote:
    """The order has the quote's prices, to the cent; a second yes finds the quote accepted."""
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.ACCEPT)
    check_validity(quote.valid_until, work.now)
    await _check_party(work, quote.customer_id)
    revision = await present_revision(work, quote)
    order_id = new_id()
    sale = Sale(
        customer_id=quote.customer_id,
        channel=request.channel,
        currency=quote.currency,
        lines=await _sold_lines(work, revision),
        points=request.points,
        promotion=PromotionUse.model_validate(revision.promotion) if revision.promotion else None,
        po_number=request.po_number,
        quote_id=quote.id,
        opportunity_id=quote.opportunity_id,
        order_id=order_id,
    )
    await store_order(work, sale)
    assert quote.total is not None, "a sent quote has its prices"
    quote.state, quote.order_id = QuoteState.ACCEPTED, order_id
    work.emit(
        QuoteAccepted(
            quote_id=quote.id,
            revision=quote.revision,
            customer_id=quote.customer_id,
            order_id=order_id,
            total=Money.of(quote.total, quote.currency),
            opportunity_id=quote.opportunity_id,
        ),
        of=quote,
    )
    return quote


async def _sold_lines(work: Work, revision: QuoteRevision) -> list[Line]:
    priced = [PricedLine.model_validate(line) for line in revision.priced]
    goods = await goods_among(work.session, [line.sku for line in priced])
    return [
        Line(line.line, line.sku, line.quantity, line.unit_price, line.net, goods=line.sku in goods)
        for line in priced
    ]


async def decline_quote(work: Work, quote_id: UUID, reason: str) -> Quote:
    quote = await work.edit(Quote, quote_id)
    check_act(quote.state, Act.DECLINE)
    quote.state, quote.reason = QuoteState.DECLINED, reason
    work.emit(
        QuoteDeclined(
            quote_id=quote.id,
            revision=quote.revision,
            reason=reason,
            opportunity_id=quote.opportunity_id,
        ),
        of=quote,
    )
    return quote
