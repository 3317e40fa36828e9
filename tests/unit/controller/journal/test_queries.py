from __future__ import annotations

import re

from controller.journal.queries import QUERIES, load


def test_statements_are_found_by_name_without_comments_and_semicolon() -> None:
    text = "-- head; not a statement\n\n-- name: one\n-- why\nSELECT 1\nFROM a;\n\n\n-- section\n-- name: two\nSELECT 2;\n"
    assert load(text) == {"one": "SELECT 1\nFROM a", "two": "SELECT 2"}


def test_every_statement_on_a_partitioned_table_is_bounded_in_time() -> None:
    for name, statement in QUERIES.items():
        if re.search(r"FROM (calls|call_\w+)\b", statement):
            assert re.search(r"(started_at|created_at) (=|>=) %\(", statement), name
