"""Responses: who answered a campaign, with their consent."""
