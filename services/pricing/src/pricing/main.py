"""The list of this service's doors."""

from pricing.know_customers import consumers as customer_consumers
from pricing.register_products import routes as product_routes
from pricing.resolve_prices import consumers as resolve_consumers
from pricing.resolve_prices import routes as resolve_routes
from pricing.run_promotions import consumers as promotion_consumers
from pricing.run_promotions import routes as promotion_routes
from pricing.set_prices import routes as price_routes
from pricing.table import Table
from shared.events.catalogue import contracts_by
from shared.kit.service import Service

service = Service(
    name="pricing",
    title="Tradepost Pricing",
    about="Products, prices, promotions, and what something costs and why.",
    tables=Table.metadata,
    doors=(
        resolve_routes.router,
        price_routes.router,
        promotion_routes.router,
        product_routes.router,
    ),
    consumers=(
        customer_consumers.consumer,
        promotion_consumers.consumer,
        resolve_consumers.consumer,
    ),
    emits=contracts_by("pricing"),
)
