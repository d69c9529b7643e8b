"""The HTTP half of the platform."""
