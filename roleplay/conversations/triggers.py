"""What a column constraint cannot say: a head and a parent belong to their own conversation.

SQLite checks every trigger when a migration rebuilds a table, and forgets those of the table itself:
so they are taken out before a migrate and put in after it.
"""

from typing import Any

from django.db import connections

FOREIGN_HEAD = """
    SELECT RAISE(ABORT, 'the head lies in another conversation') WHERE EXISTS (
        SELECT 1 FROM conversations_message
        WHERE id = NEW.head_id AND conversation_id <> NEW.id)
"""
FOREIGN_PARENT = """
    SELECT RAISE(ABORT, 'the parent lies in another conversation') WHERE EXISTS (
        SELECT 1 FROM conversations_message
        WHERE id = NEW.parent_id AND (conversation_id <> NEW.conversation_id OR id = NEW.id))
"""
SQLITE = {
    "head_at_home_insert": f"BEFORE INSERT ON conversations_conversation BEGIN {FOREIGN_HEAD}; END",
    "head_at_home_update": (
        f"BEFORE UPDATE OF head_id ON conversations_conversation BEGIN {FOREIGN_HEAD}; END"
    ),
    "parent_at_home_insert": f"BEFORE INSERT ON conversations_message BEGIN {FOREIGN_PARENT}; END",
    "parent_at_home_update": (
        "BEFORE UPDATE OF parent_id, conversation_id ON conversations_message"
        f" BEGIN {FOREIGN_PARENT}; END"
    ),
}


def install_triggers(using: str = "default", **_signal: Any) -> None:
    remove_triggers(using)
    connection = connections[using]
    # Where another app is migrated alone, the tables may not be there yet; their own turn comes.
    if (
        connection.vendor == "sqlite"
        and "conversations_message" in connection.introspection.table_names()
    ):
        with connection.cursor() as cursor:
            for name, body in SQLITE.items():
                cursor.execute(f"CREATE TRIGGER {name} {body}")


def remove_triggers(using: str = "default", **_signal: Any) -> None:
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
