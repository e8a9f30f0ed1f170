"""The project's DuckDB file as warehouse."""
