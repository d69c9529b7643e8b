"""What campaigns tells: launches, responses, attributed revenue."""

from uuid import UUID

from shared.events.contract import Event
from shared.events.parts import Consent, personal
from shared.values import Money


class CampaignDrafted(
    Event, type="campaigns.campaign.drafted.v1", key="campaign_id", pcf=("3.3.4.1", "3.3.4.3")
):
    """A campaign was drafted, or its draft was changed."""

    campaign_id: UUID
    name: str
    segments: list[str]


class CampaignLaunched(
    Event, type="campaigns.campaign.launched.v1", key="campaign_id", pcf=("3.3.4.5",)
):
    """A campaign is out: its audience was frozen."""

    campaign_id: UUID
    name: str
    segments: list[str]
    recipients: int
    promotion_code: str | None = None


class CampaignEnded(Event, type="campaigns.campaign.ended.v1", key="campaign_id", pcf=("3.3.4.5",)):
    """A campaign takes no more responses."""

    campaign_id: UUID
    reason: str


class ResponseReceived(
    Event, type="campaigns.response.received.v1", key="response_id", pcf=("3.3.4.5", "3.5.1.2")
):
    """Somebody answered a campaign. Leads captures them.

    Carries what leads needs to recognise the person; those members are marked personal.
    """

    response_id: UUID
    campaign_id: UUID
    account_id: UUID | None = None
    company: str
    country: str
    contact_name: str = personal()
    email: str = personal()
    phone: str | None = personal(default=None)
    consent: Consent


class RevenueAttributed(
    Event, type="campaigns.attribution.recorded.v1", key="attribution_id", pcf=("3.3.4.6",)
):
    """A campaign gets the revenue of an order."""

    attribution_id: UUID
    campaign_id: UUID
    order_id: UUID
    opportunity_id: UUID
    revenue: Money


class AttributionCorrected(
    Event, type="campaigns.attribution.corrected.v1", key="attribution_id", pcf=("3.3.4.6",)
):
    """A return or a cancellation changed what a campaign gets; `revenue` is what is left."""

    attribution_id: UUID
    campaign_id: UUID
    order_id: UUID
    revenue: Money
    correction: Money
    reason: str
