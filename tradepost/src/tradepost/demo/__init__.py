"""The demo: a year of a real wholesaler, and the journey from lead to loyal customer."""
