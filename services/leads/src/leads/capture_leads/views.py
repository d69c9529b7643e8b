"""How a lead is shown, with what was heard of it."""

from leads.capture_leads.schemas import LeadView
from leads.capture_leads.tables import Lead, touches_of
from shared.kit.work import Work


async def view_of(work: Work, lead: Lead, *, recognised: bool = False) -> LeadView:
    """The lead with its touches as it is in this transaction."""
    await work.session.flush()
    touches = list(await work.session.scalars(touches_of(lead.id)))
    return LeadView.whole(lead, touches, recognised=recognised)
