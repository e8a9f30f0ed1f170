"""A PostgreSQL database as warehouse."""
