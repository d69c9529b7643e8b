"""Topic doors: quotes that want their prices."""

from pricing.resolve_prices.use_cases import price_quote
from shared.events.orders import QuoteRequested
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(QuoteRequested)
async def answer_quote(work: Work, asked: QuoteRequested) -> None:
    """Prices with their explanation, or every reason why not."""
    await price_quote(work, asked)
