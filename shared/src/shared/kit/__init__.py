"""The platform: what every service stands on. It knows the events; it knows no service."""
