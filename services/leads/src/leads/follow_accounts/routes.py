"""HTTP doors of the book."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from leads.follow_accounts.schemas import AccountOrderView, RevenuePart, RevenueView
from leads.follow_accounts.tables import AccountOrder, revenue_of
from leads.keep_accounts.tables import Account
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading
from shared.values import Money

revenue = Doors("leads", "accounts", tag="Follow accounts")
orders = Doors("leads", "account-orders", tag="Follow accounts")

ACCOUNT_ORDERS = Listing(
    AccountOrder,
    filters={"account_id": UUID, "order_id": UUID, "currency": str},
    sorts=("order_id",),
    default="-order_id",
    key="order_id",
)


@revenue.get("/{account_id}/revenue", openapi_extra=serves("3.5.2.4"))
async def read_account_revenue(account_id: UUID, work: Reading) -> RevenueView:
    """What an account bought, by currency, less what came back."""
    async with work:
        await work.get(Account, account_id)
        parts = [
            RevenuePart(
                orders=count,
                gross=Money.of(gross, currency),
                refunds=Money.of(refunds, currency),
                net=Money.of(gross - refunds, currency),
            )
            for currency, count, gross, refunds in await work.session.execute(
                revenue_of(account_id)
            )
        ]
        return work.answer(RevenueView(account_id=account_id, items=parts))


@orders.get("", openapi_extra=serves("3.5.2.4"))
async def list_account_orders(
    work: Reading, asked: Annotated[Asked, Depends(ACCOUNT_ORDERS)]
) -> Page[AccountOrderView]:
    """The orders of accounts as they are counted here, for reconciliation."""
    async with work:
        page = await ACCOUNT_ORDERS.page(work, asked, AccountOrderView, shown=AccountOrderView.of)
        return work.answer(page)


routers: tuple[Doors, ...] = (revenue, orders)
