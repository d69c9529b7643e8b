"""The list of this service's doors."""

from orders.accept_orders import consumers as accept_consumers
from orders.accept_orders import routes as accept_routes
from orders.fulfil_orders import consumers as fulfil_consumers
from orders.fulfil_orders import routes as fulfil_routes
from orders.hold_stock import routes as stock_routes
from orders.import_history import jobs as history_jobs
from orders.import_history import routes as history_routes
from orders.keep_parties import consumers as party_consumers
from orders.keep_parties import routes as party_routes
from orders.know_prices import consumers as price_consumers
from orders.quote_customers import consumers as quote_consumers
from orders.quote_customers import routes as quote_routes
from orders.return_goods import routes as return_routes
from orders.table import Table
from shared.events.catalogue import contracts_by
from shared.kit.service import Service

service = Service(
    name="orders",
    title="Tradepost Orders",
    about="Parties, stock, quotes, sales orders, fulfilment and returns.",
    tables=Table.metadata,
    doors=(
        quote_routes.router,
        accept_routes.router,
        fulfil_routes.router,
        return_routes.router,
        stock_routes.router,
        party_routes.router,
        history_routes.router,
    ),
    consumers=(
        accept_consumers.consumer,
        fulfil_consumers.consumer,
        party_consumers.consumer,
        price_consumers.consumer,
        quote_consumers.consumer,
    ),
    jobs=(history_jobs.jobs,),
    emits=contracts_by("orders"),
)
