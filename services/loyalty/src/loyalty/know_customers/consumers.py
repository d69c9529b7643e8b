"""Topic doors: accounts."""

from collections.abc import Sequence

from loyalty.know_customers.use_cases import know_customers
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on_many(AccountRegistered)
async def know_registered_accounts(work: Work, accounts: Sequence[AccountRegistered]) -> None:
    """A new customer can be enrolled at once."""
    await know_customers(work, accounts)


@consumer.on_many(AccountChanged)
async def know_changed_accounts(work: Work, accounts: Sequence[AccountChanged]) -> None:
    """A renamed customer is so here too."""
    await know_customers(work, accounts)
