"""The list of this service's doors."""

from campaigns.attribute_revenue import consumers as attribution_consumers
from campaigns.attribute_revenue import routes as attribution_routes
from campaigns.know_accounts import consumers as account_consumers
from campaigns.run_campaigns import routes as campaign_routes
from campaigns.table import Table
from campaigns.take_responses import routes as response_routes
from shared.events.catalogue import contracts_by
from shared.kit.service import Service

service = Service(
    name="campaigns",
    title="Tradepost Campaigns",
    about="Campaigns, their responses, and the revenue they bring.",
    tables=Table.metadata,
    doors=(campaign_routes.router, response_routes.router, attribution_routes.router),
    consumers=(account_consumers.consumer, attribution_consumers.consumer),
    emits=contracts_by("campaigns"),
)
