"""One story on its way out of this site, or into it, as a file that people hold in their hands.

    values.py        what every format is read into: a Transcript of Lines and Attempts
    story.py         a stored chat, read in parts, for those who write it down
    lamplight.py     our own JSON: the whole tree, out and in
    sillytavern.py   JSON lines with swipes, out and in
    markdown.py html.py plain.py    the path that is shown, to be read
    open_webui.py openai.py chatgpt.py    what other programs hold, in
    opening.py       bytes of whatever kind, told apart and read
    planting.py      transcripts become chats: all of a file or nothing
    waiting.py       a file between the look at it and the word that it may come in

docs/formats.md says field by field what is read, written and lost.
"""

from django.utils.functional import Promise

MOST_BYTES = 11 << 20  # below what a whole request may carry
MOST_MESSAGES = 50_000
MOST_CHATS = 200


class BadTranscript(Exception):
    """This file cannot be taken in; the one argument says why, to a person."""

    def __init__(self, words: "str | Promise") -> None:
        super().__init__(words)
        self.words = words
