"""Lays the index in the database, with the triggers that keep it in step; see the room's docstring.

The words are a contentless FTS5 table: it keeps tokens and no text, and to take a message out the
database asks for its shadow again, so every connection is taught `search_shadow`. Tokens are ASCII
letters and digits or anything beyond ASCII, which is what FTS5's own `ascii` tokenizer keeps whole.
No order is asked for but the newest. Sizes for ranking are kept none the less: without them the
table cannot be scanned, as a check of the whole database does.
"""

from typing import Any

from django.db import connections, transaction

from roleplay.searching.shadow import shadow

# The number is the shadow's version: with another one the index begins anew.
WORDS = "search_words_1"
TABLES = (
    "CREATE VIRTUAL TABLE search_words_1 USING fts5(words, content='', tokenize='ascii')",
    "CREATE TABLE search_state ("
    " message INTEGER PRIMARY KEY, owner INTEGER NOT NULL, indexed INTEGER NOT NULL)",
    "CREATE INDEX search_waiting ON search_state (owner, message) WHERE indexed = 0",
    "CREATE INDEX search_next ON search_state (message) WHERE indexed = 0",
)
ALL_WAIT = """
    INSERT INTO search_state SELECT m.id, c.user_id, 0
    FROM conversations_message m JOIN conversations_conversation c ON c.id = m.conversation_id
    WHERE c.biz_user = '' AND m.role IN ('user', 'assistant')
"""
TAKE_OUT = """
    INSERT INTO search_words_1 (search_words_1, rowid, words)
    SELECT 'delete', m.id, search_shadow(s.owner, m.conversation_id, m.text)
    FROM conversations_message m JOIN search_state s ON s.message = m.id WHERE s.indexed = 1
"""
TAKE_OUT_ONE = TAKE_OUT + " AND m.id = OLD.id"
TAKE_OUT_CHAT = TAKE_OUT + " AND m.conversation_id = OLD.id"
# Each with the statements it runs.
TRIGGERS = {
    "search_message_insert AFTER INSERT ON conversations_message"
    " WHEN NEW.role IN ('user', 'assistant')": (
        """
        INSERT OR REPLACE INTO search_state SELECT NEW.id, user_id, 0
        FROM conversations_conversation WHERE id = NEW.conversation_id AND biz_user = ''
        """,
    ),
    "search_message_update BEFORE UPDATE OF text ON conversations_message"
    " WHEN OLD.text IS NOT NEW.text": (
        TAKE_OUT_ONE,
        "UPDATE search_state SET indexed = 0 WHERE message = OLD.id AND indexed = 1",
    ),
    "search_message_delete BEFORE DELETE ON conversations_message": (
        TAKE_OUT_ONE,
        "DELETE FROM search_state WHERE message = OLD.id",
    ),
    "search_owner_update BEFORE UPDATE OF user_id ON conversations_conversation"
    " WHEN OLD.user_id IS NOT NEW.user_id": (
        TAKE_OUT_CHAT,
        """
        UPDATE search_state SET owner = NEW.user_id, indexed = 0
        WHERE message IN (SELECT id FROM conversations_message WHERE conversation_id = OLD.id)
        """,
    ),
}
TOUCHED_BY = {"conversations"}


def teach(connection: Any, **_signal: Any) -> None:
    """Each new connection can make shadows: the triggers ask for them."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("search_shadow", 3, shadow, deterministic=True)


def install(using: str = "default", plan: Any = (), **_signal: Any) -> None:
    """After a migrate: the triggers again, and a new index where the chats were migrated."""
    if connections[using].vendor != "sqlite":
        return
    remove_triggers(using)
    if not _chats_are_whole(using):
        return  # another app was migrated first; the chats' own turn comes
    migrated = any(migration.app_label in TOUCHED_BY for migration, _backwards in plan or ())
    if migrated or not _is_there(using):
        begin_anew(using)
    with connections[using].cursor() as cursor:
        for when, statements in TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER {when} BEGIN {'; '.join(statements)}; END")


def remove_triggers(using: str = "default", **_signal: Any) -> None:
    """Before a migrate: a table that is rebuilt must not have them."""
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for when in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {when.split()[0]}")


def begin_anew(using: str = "default") -> None:
    """An empty index, with every message waiting for it. The triggers are away meanwhile."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {WORDS}")
        cursor.execute("DROP TABLE IF EXISTS search_state")
        for statement in (*TABLES, ALL_WAIT):
            cursor.execute(statement)


def _chats_are_whole(using: str) -> bool:
    """Whether the chats' table has the column that says who began it."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pragma_table_info('conversations_conversation') WHERE name = 'biz_user'"
        )
        return cursor.fetchone() is not None


def _is_there(using: str) -> bool:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [WORDS])
        return cursor.fetchone() is not None
