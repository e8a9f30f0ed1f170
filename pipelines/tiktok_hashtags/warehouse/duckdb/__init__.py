"""A DuckDB file of the project's as warehouse."""
