"""The list of this service's doors."""

from partners.accrue_commissions import consumers as commission_consumers
from partners.accrue_commissions import routes as commission_routes
from partners.agree_terms import routes as agreement_routes
from partners.keep_partners import routes as partner_routes
from partners.register_deals import routes as deal_routes
from partners.table import Table
from shared.events.catalogue import contracts_by
from shared.kit.service import Service

service = Service(
    name="partners",
    title="Tradepost Partners",
    about="Partners, their agreements and deals, and the commissions they earn.",
    tables=Table.metadata,
    doors=(
        commission_routes.router,
        partner_routes.router,
        agreement_routes.router,
        deal_routes.router,
    ),
    consumers=(commission_consumers.consumer,),
    emits=contracts_by("partners"),
)
