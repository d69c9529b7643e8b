"""Topic doors of leads: answers to campaigns and registered deals."""

from leads.capture_leads.stories import capture_deal, capture_response
from shared.events.campaigns import ResponseReceived
from shared.events.partners import DealRegistered
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(ResponseReceived)
async def capture_lead_of_response(work: Work, response: ResponseReceived) -> None:
    """Who answers a campaign may buy."""
    await capture_response(work, response)


@consumer.on(DealRegistered)
async def capture_lead_of_deal(work: Work, deal: DealRegistered) -> None:
    """Who a partner works on may buy."""
    await capture_deal(work, deal)
