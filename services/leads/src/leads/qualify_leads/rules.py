"""When a lead may be qualified. Pure."""

from leads.score_leads.rules import THRESHOLD
from shared.errors import Conflict


class ScoreIsTooLow(Conflict):
    """The lead's score is below the threshold; qualify it with an override_reason."""


def check_score(score: int, override_reason: str | None) -> None:
    """A low score needs a reason."""
    if score < THRESHOLD and override_reason is None:
        raise ScoreIsTooLow(
            f"The score is {score}, below {THRESHOLD}. Give an override_reason to qualify it"
            " all the same.",
            score=score,
            threshold=THRESHOLD,
        )
