"""What leads says of deals, in whatever order."""

import itertools

import pytest

from shared.events.leads import LeadDealRefused
from shared.events.partners import DealLinked, DealRefused
from shared.kit.database import new_id
from shared.kit.testing import Bench


async def _read(partners: Bench, deal: dict) -> dict:
    return (await partners.get(f"/partners/deals/{deal['id']}")).json()


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
async def test_a_deal_is_linked_and_its_opportunity_known(
    partners: Bench, world, order: tuple[int, ...]
) -> None:
    deal = await world.deal()
    linked, opened = world.linked(deal), world.opened(deal)
    events = (linked, opened)

    for index in order:
        await partners.hear(events[index])
    await partners.hear(*events)  # the same facts under other ids

    read = await _read(partners, deal)
    assert (read["state"], read["lead_id"]) == ("linked", str(linked.lead_id))
    assert read["opportunity_id"] == str(opened.opportunity_id)
    told = await partners.told(DealLinked)
    assert told[-1].data["opportunity_id"] == str(opened.opportunity_id)
    assert len(told) == (2 if order == (0, 1) else 1)


async def test_a_deal_that_came_second_is_refused_with_the_reason(partners: Bench, world) -> None:
    deal = await world.deal()
    refused = LeadDealRefused(lead_id=new_id(), deal_id=deal["id"], reason="Registered before.")

    ids = await partners.hear(refused)
    await partners.hear(refused, ids=ids)
    await partners.hear(refused)

    read = await _read(partners, deal)
    assert (read["state"], read["reason"]) == ("refused", "Registered before.")
    assert len(await partners.told(DealRefused)) == 1
