"""Campaigns through the HTTP door."""

import asyncio

import pytest

from shared.events.campaigns import CampaignLaunched
from shared.kit.testing import Bench


@pytest.mark.pcf("3.3.4.1", "3.3.4.3", "3.3.4.5")
async def test_a_launch_freezes_the_audience(campaigns: Bench, desk) -> None:
    inside = await desk.account()
    await desk.account(segment="retail")
    await desk.account(country="FR")
    draft = await desk.draft(countries=["GB"])
    path = f"/campaigns/campaigns/{draft['id']}"
    assert (await campaigns.get(f"{path}/audience")).json()["count"] == 1

    launched = await campaigns.post(f"{path}/launch")
    await desk.account()

    assert (launched.json()["state"], launched.json()["recipients"]) == ("launched", 1)
    reached = (await campaigns.get(f"{path}/recipients")).json()["items"]
    assert [one["account_id"] for one in reached] == [str(inside)]
    assert (await campaigns.told(CampaignLaunched))[0].data["recipients"] == 1


async def test_two_who_launch_at_once_launch_once(campaigns: Bench, desk) -> None:
    await desk.account()
    draft = await desk.draft()

    answers = await asyncio.gather(
        *(campaigns.post(f"/campaigns/campaigns/{draft['id']}/launch") for _ in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_a_campaign_to_nobody_is_not_launched(campaigns: Bench, desk) -> None:
    draft = await desk.draft()

    answer = await campaigns.post(f"/campaigns/campaigns/{draft['id']}/launch")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "No account is in the segments wholesale."
    assert await campaigns.told(CampaignLaunched) == []


async def test_only_a_draft_is_changed_and_only_on_the_version_that_was_read(
    campaigns: Bench, desk
) -> None:
    await desk.account()
    draft = await desk.draft()
    path = f"/campaigns/campaigns/{draft['id']}"

    changed = await campaigns.patch(path, {"name": "Autumn lights"}, version=1)
    late = await campaigns.patch(path, {"name": "Winter lights"}, version=1)
    await campaigns.post(f"{path}/launch")
    launched = await campaigns.patch(path, {"name": "Winter lights"}, version=3)

    assert (changed.status_code, late.status_code, launched.status_code) == (200, 412, 409)
    assert changed.json()["offer"] == "Ten percent off"


async def test_an_ended_campaign_stays_ended(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()
    path = f"/campaigns/campaigns/{campaign['id']}/end"

    ended = await campaigns.post(path, {"reason": "The season is over."})
    again = await campaigns.post(path, {"reason": "The season is over."})

    assert (ended.json()["state"], again.status_code) == ("ended", 409)
