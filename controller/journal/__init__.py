"""The journal: local spool first, PostgreSQL behind it."""
