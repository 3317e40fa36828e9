-- Every statement about the shop's articles, by name. Words come folded (controller/words.py), as the columns words and folded hold them.

-- name: search_articles
-- How well an article answers is the sum over the question's words of: how well the word is in it, times how rare the word is.
-- A word is there if another form of it is (a prefix). Only one that is nowhere is looked for by its trigrams: it was misspelt or
-- misheard, and comparing trigrams with every long text takes its time. In the text a word counts half of what it does in the title.
-- Of a question whose words are mostly in no article nothing is an answer (share).
WITH asked AS (
    SELECT
        word, to_tsquery('simple', stem || ':*') AS anywhere, to_tsquery('simple', stem || ':*A') AS in_title,
        to_tsquery('simple', word || ':A') AS itself_in_title
    FROM unnest(%(words)s::text[], %(stems)s::text[]) AS asked (word, stem)
), known AS (
    SELECT count(*)::float8 AS articles FROM knowledge_articles WHERE active
), spelt AS (
    SELECT
        article.id, asked.word,
        CASE WHEN article.words @@ asked.itself_in_title THEN 1.0 WHEN article.words @@ asked.in_title THEN 0.8 ELSE 0.4 END AS strength
    FROM asked JOIN knowledge_articles article ON article.words @@ asked.anywhere
    WHERE article.active
), misspelt AS (
    SELECT
        article.id, asked.word,
        greatest(word_similarity(asked.word, fold_words(article.title)), word_similarity(asked.word, article.folded) * 0.5) AS strength
    FROM asked JOIN knowledge_articles article ON asked.word <%% article.folded
    WHERE article.active AND asked.word NOT IN (SELECT word FROM spelt)
), hit AS (
    SELECT * FROM spelt UNION ALL SELECT * FROM misspelt
), weight AS (
    SELECT asked.word, ln(1 + known.articles / greatest(1, count(hit.id))) AS rarity
    FROM asked CROSS JOIN known LEFT JOIN hit USING (word)
    GROUP BY asked.word, known.articles
), score AS (
    SELECT hit.id, sum(hit.strength * weight.rarity) AS score, sum(hit.strength * weight.rarity) / (SELECT sum(rarity) FROM weight) AS share
    FROM hit JOIN weight USING (word)
    GROUP BY hit.id
)
SELECT article.title, article.content, article.category, score.score, score.share
FROM score JOIN knowledge_articles article USING (id)
WHERE score.share >= %(least_share)s AND (%(category)s::text IS NULL OR article.category = %(category)s)
ORDER BY score.score DESC, article.title
LIMIT %(limit)s;

-- name: put_articles
-- What did not change is not touched: its updated_at tells when the shop changed it.
INSERT INTO knowledge_articles AS known (external_id, category, title, content)
SELECT row.external_id, row.category, row.title, row.content
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (external_id text, category text, title text, content text)
ON CONFLICT (external_id) DO UPDATE SET
    category = EXCLUDED.category, title = EXCLUDED.title, content = EXCLUDED.content, active = true, updated_at = now()
WHERE (known.category, known.title, known.content, known.active)
    IS DISTINCT FROM (EXCLUDED.category, EXCLUDED.title, EXCLUDED.content, true);

-- name: retire_articles
-- Articles of the shop that it no longer has. Our own have no external_id and stay.
UPDATE knowledge_articles SET active = false, updated_at = now()
WHERE active AND external_id IS NOT NULL AND category = ANY(%(categories)s) AND external_id <> ALL(%(kept)s);
