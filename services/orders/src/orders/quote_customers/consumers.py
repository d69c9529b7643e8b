"""Topic doors of quotes: what pricing answers."""

from orders.quote_customers.use_cases import note_refusal, take_prices
from shared.events.pricing import QuotePricesRefused, QuotePricesResolved
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(QuotePricesResolved)
async def price_the_quote(work: Work, resolved: QuotePricesResolved) -> None:
    """The quote has its prices."""
    await take_prices(work, resolved)


@consumer.on(QuotePricesRefused)
async def send_quote_back_to_draft(work: Work, refused: QuotePricesRefused) -> None:
    """The quote cannot be priced as it is."""
    await note_refusal(work, refused)
