"""Topic doors: accounts."""

from collections.abc import Sequence

from campaigns.know_accounts.use_cases import know_accounts
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on_many(AccountRegistered)
async def know_registered_accounts(work: Work, accounts: Sequence[AccountRegistered]) -> None:
    """A new account is in the audiences of its segment at once."""
    await know_accounts(work, accounts)


@consumer.on_many(AccountChanged)
async def know_changed_accounts(work: Work, accounts: Sequence[AccountChanged]) -> None:
    """An account that moved to another segment is in its audiences."""
    await know_accounts(work, accounts)
