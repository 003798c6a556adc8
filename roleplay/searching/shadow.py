"""The shadow of a text: the tokens an index keeps of it, the same for every database.

Letters are folded (case, width, accents). Scripts written without spaces become overlapping pairs,
"小猫咪" 小猫 猫咪 咪: the last character stands alone, so that a single one is found as the beginning of a
token. Other letters and digits become words. Each token begins with its owner's number: nobody's
search reads, and nothing in its order depends on, what others wrote. A token with the name of the
chat leads each shadow.

A change of what is made here needs another number in `installing.WORDS`: the index begins anew.
"""

import re
import unicodedata

LONGEST_WORD = 40  # characters of a word that are kept

# Han, kana, bopomofo, Hangul; Thai, Lao, Burmese, Khmer.
PAIRED = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
LETTER = rf"[^\W_{PAIRED}]"
RUN = re.compile(rf"([{PAIRED}]+)|{LETTER}+")
ACCENTS = re.compile("[\u0300-\u036f]+")


class _Folds(dict[str, str]):
    """Each character as it is compared, worked out once."""

    def __missing__(self, char: str) -> str:
        bare = ACCENTS.sub("", unicodedata.normalize("NFKD", char)).casefold()
        bare = ACCENTS.sub("", unicodedata.normalize("NFKD", bare))
        self[char] = unicodedata.normalize("NFC", bare)
        return self[char]


FOLDS = _Folds()


def composed(text: str) -> str:
    """The text with letters and their accents in one piece, as offsets count it."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """The text as it is compared."""
    if text.isascii():
        return text.lower()
    return "".join(map(FOLDS.__getitem__, composed(text)))


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, without an owner."""
    found: list[str] = []
    for run in RUN.finditer(folded(text)):
        letters = run[0]
        if run[1]:
            found += [letters[at : at + 2] for at in range(len(letters))]
        else:
            found.append(letters[:LONGEST_WORD])
    return found


def owned(owner: int, token: str) -> str:
    """A token as this person's: letters never follow the number otherwise, so none is another's."""
    return f"{owner}x{token}"


def place(owner: int, chat: str) -> str:
    """The token of a chat, by the 32 digits of its id."""
    return f"{owner}c{chat}"


def shadow(owner: int, chat: str, text: str) -> str:
    """What the index keeps of a message: its chat and its tokens, between spaces."""
    mark = f" {owner}x"
    return mark.join([place(owner, chat), *tokens(text)])
