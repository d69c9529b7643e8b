"""Know customers: the last word on an account counts."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from loyalty.know_customers.tables import KnownCustomer
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.work import Work


async def know_customers(
    work: Work, accounts: Sequence[AccountRegistered] | Sequence[AccountChanged]
) -> None:
    rows = {one.account_id: {"id": one.account_id, "name": one.name} for one in accounts}
    statement = insert(KnownCustomer).values(list(rows.values()))
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"name": statement.excluded.name}
        )
    )
