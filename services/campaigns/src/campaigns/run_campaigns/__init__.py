"""Campaigns: drafted for segments, launched to a frozen audience, ended."""
