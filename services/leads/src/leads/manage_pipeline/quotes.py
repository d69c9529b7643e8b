"""What quotes do to opportunities: sent is a proposal, accepted wins, declined is noted."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from leads.manage_pipeline.rules import MoveKind, Stage, after_quote, is_open
from leads.manage_pipeline.tables import KnownQuote, Opportunity
from leads.manage_pipeline.use_cases import move, note, tell
from shared.events.leads import OpportunityWon
from shared.events.orders import QuoteAccepted, QuoteDeclined, QuoteRequested, QuoteSent
from shared.kit.work import Work


async def know_quote(work: Work, requested: QuoteRequested) -> None:
    """Whose quote it is. When it was heard of as sent before, that counts now."""
    if requested.opportunity_id is None:
        return
    quote = await _quote(work, requested.quote_id)
    if quote.opportunity_id is None:
        quote.opportunity_id = requested.opportunity_id
        if quote.sent_revision is not None:
            await _propose(work, quote.opportunity_id, quote.quote_id, quote.sent_revision)


async def follow_sent(work: Work, sent: QuoteSent) -> None:
    """A revision that went out counts once."""
    quote = await _quote(work, sent.quote_id)
    if quote.sent_revision is not None and quote.sent_revision >= sent.revision:
        return
    quote.sent_revision = sent.revision
    if quote.opportunity_id is not None:
        await _propose(work, quote.opportunity_id, quote.quote_id, sent.revision)


async def win(work: Work, accepted: QuoteAccepted) -> None:
    """Won, exactly once; what was won or lost before stays as it is."""
    opportunity = await _held(work, accepted.opportunity_id)
    if opportunity is None or opportunity.stage is Stage.WON:
        return
    before = opportunity.stage
    if not is_open(before):
        note(work, opportunity, f"A quote was accepted although it is {before}.", accepted.quote_id)
        return
    opportunity.stage, opportunity.closed_at = Stage.WON, work.now
    opportunity.quote_id, opportunity.order_id = accepted.quote_id, accepted.order_id
    opportunity.won_amount = accepted.total.amount
    opportunity.won_currency = accepted.total.currency
    tell(work, opportunity, MoveKind.WON, before=before, quote_id=accepted.quote_id)
    work.emit(
        OpportunityWon(
            opportunity_id=opportunity.id,
            account_id=opportunity.account_id,
            value=accepted.total,
            quote_id=accepted.quote_id,
            order_id=accepted.order_id,
        ),
        of=opportunity,
    )


async def note_declined(work: Work, declined: QuoteDeclined) -> None:
    """No stage changes: another quote may follow."""
    opportunity = await _held(work, declined.opportunity_id)
    if opportunity is not None:
        said = f"The customer declined the quote: {declined.reason}"
        note(work, opportunity, said, declined.quote_id)


async def _quote(work: Work, quote_id: UUID) -> KnownQuote:
    """The quote's row, made when it is new, locked until commit."""
    await work.session.execute(
        insert(KnownQuote).values(quote_id=quote_id).on_conflict_do_nothing()
    )
    return await work.edit(KnownQuote, quote_id)


async def _held(work: Work, opportunity_id: UUID | None) -> Opportunity | None:
    """None also for an id that is none of ours: quotes may name what they like."""
    if opportunity_id is None:
        return None
    return await work.session.get(
        Opportunity, opportunity_id, with_for_update=True, populate_existing=True
    )


async def _propose(work: Work, opportunity_id: UUID, quote_id: UUID, revision: int) -> None:
    opportunity = await _held(work, opportunity_id)
    if opportunity is None or not is_open(opportunity.stage):
        return
    opportunity.quote_id = quote_id
    said = f"Revision {revision} of the quote was sent."
    stage = after_quote(opportunity.stage)
    if stage is opportunity.stage:
        note(work, opportunity, said, quote_id)
    else:
        move(work, opportunity, stage, note=said, quote_id=quote_id)
