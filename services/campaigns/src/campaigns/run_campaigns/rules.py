"""The life of a campaign. Pure."""

from enum import StrEnum

from shared.errors import Conflict


class CampaignState(StrEnum):
    DRAFT = "draft"
    LAUNCHED = "launched"
    ENDED = "ended"


class CampaignIsNotDraft(Conflict):
    """Only a draft can be changed or launched."""


class CampaignIsNotLaunched(Conflict):
    """The campaign is not out."""


class EmptyAudience(Conflict):
    """No account is in the audience; a campaign to nobody cannot be launched."""


def allowed_actions(state: CampaignState) -> list[str]:
    return {
        CampaignState.DRAFT: ["change", "launch"],
        CampaignState.LAUNCHED: ["end", "respond"],
    }.get(state, [])


def check_draft(state: CampaignState) -> None:
    if state is not CampaignState.DRAFT:
        raise CampaignIsNotDraft(f"The campaign is {state}.", state=state)


def check_launched(state: CampaignState) -> None:
    if state is not CampaignState.LAUNCHED:
        raise CampaignIsNotLaunched(f"The campaign is {state}.", state=state)
