"""Writes the index and asks it. It says which messages, newest first, and nothing of their words."""

from django.db import connection, transaction

from roleplay.searching.query import Query, for_fts5
from roleplay.searching.shadow import shadow

AT_ONCE = 100  # messages in one transaction: writers wait no longer than that takes
MOST_BATCHES = 20
NEWEST = 2**63 - 1

MATCHING = """
    SELECT rowid FROM search_words_1 WHERE search_words_1 MATCH %s AND rowid < %s ORDER BY rowid DESC LIMIT %s
"""
WAITING_OF = """
    SELECT message FROM search_state WHERE owner = %s AND indexed = 0 AND message < %s
    ORDER BY message DESC LIMIT %s
"""
NEXT = """
    SELECT s.message, s.owner, m.conversation_id, m.text
    FROM search_state s JOIN conversations_message m ON m.id = s.message
    WHERE s.indexed = 0 AND NOT EXISTS (
        SELECT 1 FROM conversations_generation g
        WHERE g.message_id = s.message AND g.status IN ('waiting', 'streaming'))
    ORDER BY s.message DESC LIMIT %s
"""
PUT_IN = "INSERT INTO search_words_1 (rowid, words) VALUES (%s, %s)"
IS_IN = "UPDATE search_state SET indexed = 1 WHERE message = %s"


def matching(
    owner: int, query: Query, most: int, chat: str = "", before: int = NEWEST
) -> list[int]:
    """The newest messages in the index that hold every term, by id; in one chat, or in all."""
    with connection.cursor() as cursor:
        cursor.execute(MATCHING, [for_fts5(query, owner, chat), before, most])
        return [message for (message,) in cursor.fetchall()]


def waiting(owner: int, most: int, before: int = NEWEST) -> list[int]:
    """The newest messages of this person that are not in the index yet."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING_OF, [owner, before, most])
        return [message for (message,) in cursor.fetchall()]


def index_waiting() -> int:
    """Put in what waits, newest first and some thousand at most; how many there were."""
    total = 0
    for _batch in range(MOST_BATCHES):
        count = _index_some() if _anything_waits() else 0
        total += count
        if count < AT_ONCE:
            break
    return total


def _anything_waits() -> bool:
    # Asked first, outside of a transaction: an idle site takes no write lock.
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [1])
        return cursor.fetchone() is not None


def _index_some() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NEXT, [AT_ONCE])
        rows = sorted(cursor.fetchall())  # FTS5 wants them in order within a transaction
        words = [(message, shadow(owner, chat, text)) for message, owner, chat, text in rows]
        cursor.executemany(PUT_IN, words)
        cursor.executemany(IS_IN, [(message,) for message, *_ in rows])
    return len(rows)
