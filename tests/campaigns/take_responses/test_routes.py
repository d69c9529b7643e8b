"""Responses: one of each address to a campaign."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from campaigns.run_campaigns.use_cases import end_campaign
from shared.events.campaigns import ResponseReceived
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.3.4.5")
async def test_an_answer_is_taken_with_its_consent(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()

    answer = await campaigns.post(
        f"/campaigns/campaigns/{campaign['id']}/responses", desk.response()
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()["email"] == "ann@juniper.example"
    told = (await campaigns.told(ResponseReceived))[0].data
    assert told["consent"]["wording"] == "You may write to me."
    assert (await campaigns.get(answer.headers["location"])).json() == answer.json()


async def test_the_same_address_answers_once_however_it_is_written(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()
    path = f"/campaigns/campaigns/{campaign['id']}/responses"
    spellings = ["ann@juniper.example", "ANN@juniper.example", " ann@Juniper.example "]

    answers = await asyncio.gather(
        *(campaigns.post(path, desk.response(email=email)) for email in spellings * 2)
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await campaigns.told(ResponseReceived)) == 1


async def test_faults_are_named_and_nothing_is_told(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()
    path = f"/campaigns/campaigns/{campaign['id']}/responses"

    wrong = await campaigns.post(path, desk.response(email="ann", country="Britain"))
    stranger = await campaigns.post(path, desk.response(account_id=str(uuid4())))

    assert faults_of(wrong).keys() == {"#/email", "#/country"}
    assert faults_of(stranger) == {"#/account_id": "no_recipient"}
    assert await campaigns.count("responses") == 0


async def test_a_draft_takes_no_responses(campaigns: Bench, desk) -> None:
    draft = await desk.draft()

    answer = await campaigns.post(f"/campaigns/campaigns/{draft['id']}/responses", desk.response())

    assert answer.status_code == 409


async def test_nothing_is_taken_once_the_campaign_is_being_ended(campaigns: Bench, desk) -> None:
    """An answer that comes while somebody ends the campaign waits, and hears of the end."""
    campaign = await desk.launched()
    path = f"/campaigns/campaigns/{campaign['id']}/responses"

    async with campaigns.work() as work:
        await end_campaign(work, UUID(campaign["id"]), "It is over.")
        await work.session.flush()
        answer = asyncio.create_task(campaigns.post(path, desk.response()))
        waiting = text("select exists (select from pg_locks where not granted)")
        async with campaigns.running.sessions() as session:
            while not answer.done() and not await session.scalar(waiting):
                await asyncio.sleep(0)

    assert (await answer).status_code == 409
    assert await campaigns.told(ResponseReceived) == []
