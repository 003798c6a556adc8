"""What every room needs to know of text: cleaning at the entrance, and which language it is in."""

import re

# NUL cannot be stored by PostgreSQL; a lone surrogate cannot be encoded at all.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
LETTER = re.compile(r"[^\W\d_]")


def clean(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD; everything else is kept as it came."""
    return UNSTORABLE.sub("\ufffd", text) if UNSTORABLE.search(text) else text


def language_of(text: str) -> str:
    """The language tag to mark this text with: "zh-Hans", "en", or "" where it cannot be told."""
    if KANA_OR_HANGUL.search(text):
        return ""
    if HAN.search(text):
        return "zh-Hans"
    return "en" if LETTER.search(text) else ""
