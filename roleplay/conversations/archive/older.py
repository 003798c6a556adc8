"""Rows of earlier formats, as today's have them.

Format 1 knew neither versions of characters, nor what their owners grant, nor programs.
"""

from typing import Any

CHARACTER: dict[str, Any] = {
    "version": 1,
    "versions": [],
    "allows_chat": True,
    "allows_api": True,
    "asks_public": False,
    "removed": None,
}
CONVERSATION: dict[str, Any] = {"biz_user": "", "character_version": None, "reset": None}
MESSAGE: dict[str, Any] = {"rating": None}


def of_today(table: str, row: dict[str, Any], version: int) -> dict[str, Any]:
    """The row with what its format did not have. Raises as any row of a wrong shape does."""
    if version > 1:
        return row
    if table == "characters":
        return CHARACTER | row
    if table == "conversations":
        messages = [MESSAGE | message for message in row["messages"]]
        return CONVERSATION | row | {"messages": messages}
    return row
