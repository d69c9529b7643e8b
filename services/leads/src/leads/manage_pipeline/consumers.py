"""Topic doors of the pipeline: the life of the quotes that belong to it."""

from leads.manage_pipeline.quotes import follow_sent, know_quote, note_declined, win
from shared.events.orders import QuoteAccepted, QuoteDeclined, QuoteRequested, QuoteSent
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(QuoteRequested)
async def know_quote_of_opportunity(work: Work, requested: QuoteRequested) -> None:
    """A quote says here which opportunity it is for."""
    await know_quote(work, requested)


@consumer.on(QuoteSent)
async def move_to_proposal(work: Work, sent: QuoteSent) -> None:
    """The customer has a quote: that is a proposal."""
    await follow_sent(work, sent)


@consumer.on(QuoteAccepted)
async def win_opportunity(work: Work, accepted: QuoteAccepted) -> None:
    """The customer accepted: the opportunity is won."""
    await win(work, accepted)


@consumer.on(QuoteDeclined)
async def note_declined_quote(work: Work, declined: QuoteDeclined) -> None:
    """The customer declined this quote; the opportunity goes on."""
    await note_declined(work, declined)
