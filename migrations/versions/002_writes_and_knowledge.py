"""What was written to the shop; and a search in the shop's articles that understands inflected words.

Ukrainian inflects, PostgreSQL has no dictionary of it, and callers speak Russian as well. So words are *folded*: into small Latin
letters, one for each Cyrillic one, the same for what both languages share (и and і, е and є are one). The configuration 'simple'
splits them, prefixes find other endings, and trigrams find what is written a little differently. Being ASCII, the folded words
do not depend on the locale of the cluster: in the locale C pg_trgm sees no letter in Cyrillic, and lower() changes none.

The extension pg_trgm comes with every PostgreSQL's contrib package and is trusted: the owner of the database may create it.
"""

from __future__ import annotations

import sqlalchemy
from alembic import context, op

revision = "002"
down_revision = "001"

WRITES = """
CREATE TABLE call_writes (
    id          uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    call_id     uuid NOT NULL,
    sequence    bigint NOT NULL,
    intent      text NOT NULL,
    key         text NOT NULL,
    stage       text NOT NULL CHECK (stage IN ('begun', 'done', 'refused', 'unknown')),
    result      jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (id, created_at),
    CONSTRAINT call_writes_created_at_is_in_id CHECK (created_at = uuid7_ts(id))
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_call_writes_call_id ON call_writes (call_id, sequence);
COMMENT ON TABLE call_writes IS 'the ledger: each stage of each write to the shop';
COMMENT ON COLUMN call_writes.key IS 'of call, intent and canonical arguments: what should happen once';
COMMENT ON COLUMN call_writes.sequence IS 'of the entry in its ledger';
"""

FIRST_PARTITIONS = "SELECT ensure_partition('call_writes', now() + months * interval '1 month') FROM generate_series(0, 2) months"

# One letter for one letter: translate() needs no locale. Signs that soften, and apostrophes, are left out, as speech leaves them out.
FOLDED = {
    "АаЯя": "a", "Бб": "b", "Вв": "v", "ГгҐґ": "g", "Дд": "d", "ЕеЄєЁёЭэ": "e", "ЖжЗз": "z", "ИиІіЇїЙйЫы": "i", "Кк": "k",
    "Лл": "l", "Мм": "m", "Нн": "n", "Оо": "o", "Пп": "p", "Рр": "r", "Сс": "s", "Тт": "t", "УуЮю": "u", "Фф": "f", "Хх": "h",
    "ЦцЧч": "c", "ШшЩщ": "w",
}  # fmt: skip
DROPPED = "ЬьЪъ'ʼ’"


def fold_sql() -> str:
    cyrillic = "".join(FOLDED)
    latin = "".join(letter * len(letters) for letters, letter in FOLDED.items())
    quoted = (cyrillic + DROPPED).replace("'", "''")
    return f"""
CREATE FUNCTION fold_words(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT lower(translate(words, '{quoted}', '{latin}') COLLATE "C") $$
"""


# Marked as ours, so that a downgrade takes it away again, and only then.
TRIGRAMS = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE EXTENSION pg_trgm;
        COMMENT ON EXTENSION pg_trgm IS 'for knowledge_articles';
    END IF;
END $$
"""
NO_TRIGRAMS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm' AND obj_description(oid, 'pg_extension') = 'for knowledge_articles') THEN
        DROP EXTENSION pg_trgm;
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN NULL;  -- somebody else has come to use it
END $$
"""

ARTICLES = """
ALTER TABLE knowledge_articles
    ADD COLUMN folded text GENERATED ALWAYS AS (fold_words(title || ' . ' || content)) STORED,
    ADD COLUMN words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', fold_words(title)), 'A') || setweight(to_tsvector('simple', fold_words(content)), 'B')) STORED;
CREATE INDEX idx_knowledge_articles_words ON knowledge_articles USING gin (words);
CREATE INDEX idx_knowledge_articles_folded ON knowledge_articles USING gin (folded gin_trgm_ops);
COMMENT ON COLUMN knowledge_articles.folded IS 'title and text in small Latin letters, for trigrams';
"""


def upgrade() -> None:
    _require_trigrams()
    for statement in (WRITES, FIRST_PARTITIONS, fold_sql(), TRIGRAMS, ARTICLES):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE knowledge_articles DROP COLUMN words, DROP COLUMN folded")
    op.execute("DROP FUNCTION fold_words(text)")
    op.execute("DROP TABLE call_writes")
    op.execute(NO_TRIGRAMS)


def _require_trigrams() -> None:
    if context.is_offline_mode():
        return
    found = op.get_bind().execute(sqlalchemy.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")).first()
    if found is None:
        raise SystemExit(
            "This PostgreSQL has no pg_trgm, which the search in knowledge_articles needs. It is in PostgreSQL's contrib package:"
            " postgresql-contrib on Debian and Red Hat; the official images have it."
        )
