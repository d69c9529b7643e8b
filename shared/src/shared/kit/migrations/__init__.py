"""The script folder Alembic asks for; revisions live in the services."""
