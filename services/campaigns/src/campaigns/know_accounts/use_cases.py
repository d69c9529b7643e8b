"""Know accounts: the last word on an account counts."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from campaigns.know_accounts.tables import KnownAccount
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.work import Work


async def know_accounts(
    work: Work, accounts: Sequence[AccountRegistered] | Sequence[AccountChanged]
) -> None:
    rows = {
        one.account_id: {
            "id": one.account_id,
            "name": one.name,
            "country": one.country,
            "segment": one.segment,
        }
        for one in accounts
    }
    statement = insert(KnownAccount).values(list(rows.values()))
    changed = {name: statement.excluded[name] for name in ("name", "country", "segment")}
    await work.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
