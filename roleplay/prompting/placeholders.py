"""The two names that a character's texts may leave open: {{user}} and {{char}}."""

import re

PLACEHOLDER = re.compile(r"\{\{\s*(user|char)\s*\}\}|<(USER|BOT)>", re.IGNORECASE)


def fill_placeholders(text: str, user: str, character: str) -> str:
    """The text with both names put in, in one pass: a name that looks like a placeholder stays."""

    def name(found: re.Match[str]) -> str:
        return user if (found[1] or found[2]).lower() == "user" else character

    return PLACEHOLDER.sub(name, text)
