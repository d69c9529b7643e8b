"""The list of this service's doors."""

from loyalty.define_programs import routes as program_routes
from loyalty.enrol_members import routes as member_routes
from loyalty.keep_points import consumers as point_consumers
from loyalty.keep_points import routes as point_routes
from loyalty.know_customers import consumers as customer_consumers
from loyalty.table import Table
from shared.events.catalogue import contracts_by
from shared.kit.service import Service

service = Service(
    name="loyalty",
    title="Tradepost Loyalty",
    about="Programmes, members, and a double-entry ledger of their points.",
    tables=Table.metadata,
    doors=(program_routes.router, member_routes.router, point_routes.router),
    consumers=(customer_consumers.consumer, point_consumers.consumer),
    emits=contracts_by("loyalty"),
)
