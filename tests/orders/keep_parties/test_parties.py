"""Parties: learned from accounts, with terms that are kept here."""

import asyncio

import pytest

from shared.events.leads import AccountChanged, AccountRegistered
from shared.events.orders import PartyChanged, PartyRegistered
from shared.kit.database import new_id
from shared.kit.testing import Bench


@pytest.mark.pcf("3.5.4.2")
async def test_an_account_is_a_party_and_its_renaming_leaves_the_terms(orders: Bench) -> None:
    account = AccountRegistered(
        account_id=new_id(), name="Corner Shop", country="GB", segment="retail"
    )
    ids = await orders.hear(account)
    await orders.hear(account, ids=ids)
    path = f"/orders/parties/{account.account_id}"
    await orders.patch(path, {"payment_days": 60}, version=1)

    await orders.hear(
        AccountChanged(account_id=account.account_id, name="Corner Store", country="IE")
    )

    party = (await orders.get(path)).json()
    assert (party["name"], party["country"], party["segment"]) == ("Corner Store", "IE", None)
    assert (party["payment_days"], party["version"]) == (60, 3)
    told = [event.type for event in await orders.told()]
    assert told == [PartyRegistered.TYPE, PartyChanged.TYPE, PartyChanged.TYPE]


async def test_a_change_heard_before_the_registration_is_not_undone_by_it(orders: Bench) -> None:
    """Both are of one key, so this order comes only with a replay; the party exists either way."""
    key = new_id()
    await orders.hear(AccountChanged(account_id=key, name="New name", country="GB"))

    assert (await orders.get(f"/orders/parties/{key}")).json()["name"] == "New name"


@pytest.mark.pcf("3.5.4.2.3")
async def test_two_who_change_the_same_version_are_told_apart(orders: Bench, world) -> None:
    """One change holds, the other hears that its copy is old and which version there is."""
    customer = await world.customer()
    path = f"/orders/parties/{customer}"

    answers = await asyncio.gather(
        *(orders.patch(path, {"payment_days": days}, version=1) for days in (10, 20))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    late = next(answer for answer in answers if answer.status_code == 412)
    assert late.json()["current_version"] == 2
    assert (await orders.patch(path, {"payment_days": 5})).status_code == 428


async def test_who_is_suspended_cannot_order_and_who_is_terminated_cannot_change(
    orders: Bench, world
) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=5)
    path = f"/orders/parties/{customer}"
    await orders.patch(path, {"state": "suspended"}, version=1)

    refused = await orders.post("/orders/orders", world.order(customer, LAMP=1))
    await orders.patch(path, {"state": "terminated"}, version=2)
    late = await orders.patch(path, {"state": "active"}, version=3)

    assert refused.json()["errors"][0]["code"] == "customer_may_not_order"
    assert late.status_code == 409
