"""Campaigns: audiences, launches, responses, and the revenue they bring."""
