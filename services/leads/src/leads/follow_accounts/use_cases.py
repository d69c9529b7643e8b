"""Follow accounts: keep the book of their orders. Every statement comes out right in any order."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from leads.follow_accounts.tables import AccountOrder, AccountReturn
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.kit.work import Work


async def count_confirmed(work: Work, confirmed: Sequence[OrderConfirmed]) -> None:
    """Many at once. What a row knows of returns and cancellation stays."""
    rows = {
        order.order_id: {
            "order_id": order.order_id,
            "account_id": order.customer_id,
            "currency": order.net.currency,
            "net": order.net.amount,
            "refunded": 0,
            "confirmed_at": work.now,
        }
        for order in sorted(confirmed, key=lambda order: order.order_id)
    }
    statement = insert(AccountOrder).values(list(rows.values()))
    told = {n: statement.excluded[n] for n in ("account_id", "currency", "net", "confirmed_at")}
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["order_id"], set_=told, where=AccountOrder.confirmed_at.is_(None)
        )
    )


async def count_cancelled(work: Work, cancelled: OrderCancelled) -> None:
    """What was never confirmed was never counted."""
    if not cancelled.was_confirmed:
        return
    statement = insert(AccountOrder).values(
        order_id=cancelled.order_id,
        account_id=cancelled.customer_id,
        refunded=0,
        cancelled_at=work.now,
    )
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["order_id"],
            set_={"cancelled_at": statement.excluded.cancelled_at},
            where=AccountOrder.cancelled_at.is_(None),
        )
    )


async def count_returned(work: Work, returned: ReturnReceived) -> None:
    """A return counts once, whichever event tells it again."""
    refund = returned.refund
    noted = (
        insert(AccountReturn)
        .values(
            return_id=returned.return_id,
            order_id=returned.order_id,
            refund=refund.amount,
            currency=refund.currency,
        )
        .on_conflict_do_nothing()
        .returning(AccountReturn.return_id)
    )
    if await work.session.scalar(noted) is None:
        return
    statement = insert(AccountOrder).values(
        order_id=returned.order_id,
        account_id=returned.customer_id,
        currency=refund.currency,
        refunded=refund.amount,
    )
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["order_id"],
            set_={"refunded": AccountOrder.refunded + statement.excluded.refunded},
        )
    )
