"""The list of this service's doors."""

from leads.capture_leads import consumers as lead_consumers
from leads.capture_leads import routes as lead_routes
from leads.follow_accounts import consumers as book_consumers
from leads.follow_accounts import routes as book_routes
from leads.keep_accounts import routes as account_routes
from leads.manage_pipeline import consumers as pipeline_consumers
from leads.manage_pipeline import routes as pipeline_routes
from leads.qualify_leads import routes as qualify_routes
from leads.table import Table
from shared.events.catalogue import contracts_by
from shared.kit.service import Service

service = Service(
    name="leads",
    title="Tradepost Leads",
    about="Accounts, leads and the pipeline of opportunities.",
    tables=Table.metadata,
    doors=(
        account_routes.router,
        *book_routes.routers,
        lead_routes.router,
        qualify_routes.router,
        *pipeline_routes.routers,
    ),
    consumers=(
        lead_consumers.consumer,
        pipeline_consumers.consumer,
        book_consumers.consumer,
    ),
    emits=contracts_by("leads"),
)
