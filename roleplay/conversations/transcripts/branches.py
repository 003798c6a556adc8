"""Trees as other programs hold them: messages by id, each naming the one above it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from roleplay.conversations.transcripts import BadTranscript
from roleplay.conversations.transcripts.attempts import written_by
from roleplay.conversations.transcripts.values import Attempt, Line, Transcript


@dataclass(frozen=True, slots=True)
class Node:
    """`left_out`: the remark for a message that does not come in; what follows it does."""

    above: str | None
    role: str = ""
    text: str = ""
    created: datetime | None = None
    model: str = ""
    left_out: str = ""


def grow(transcript: Transcript, nodes: dict[str, Node], head: str | None) -> None:
    """Put these into the transcript, those above before those below, otherwise in the file's order.

    `head`: the id of the newest message shown; the last one where the file names none.
    Raises BadTranscript where messages follow each other in a circle.
    """
    places: dict[str, int | None] = {}
    waiting = list(reversed(_first_ones(transcript, nodes)))
    below = _below(nodes)
    while waiting:
        name = waiting.pop()
        node = nodes[name]
        above = places.get(node.above) if node.above is not None else None
        places[name] = _put(transcript, node, above)
        waiting.extend(reversed(below[name]))
    if len(places) < len(nodes):
        raise BadTranscript(_("Messages in this file follow each other in a circle."))
    last = len(transcript.lines) - 1 if transcript.lines else None
    transcript.head = places[head] if head in places and head is not None else last


def _first_ones(transcript: Transcript, nodes: dict[str, Node]) -> list[str]:
    lost = [name for name, node in nodes.items() if node.above and node.above not in nodes]
    transcript.remarks["no_parent"] += len(lost)
    return [name for name, node in nodes.items() if not node.above or node.above not in nodes]


def _below(nodes: dict[str, Node]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, node in nodes.items():
        if node.above:
            found[node.above].append(name)
    return found


def _put(transcript: Transcript, node: Node, above: int | None) -> int | None:
    """The place of this message, or of the one above where it is left out."""
    if node.left_out:
        if node.left_out != "nothing":
            transcript.remarks[node.left_out] += 1
        return above
    transcript.remarks["no_time"] += node.created is None
    at = transcript.add(Line(node.role, node.text, above, created=node.created))
    if node.role == "assistant" and node.model and node.created:
        transcript.attempts.append(Attempt(at, written_by(node.model, node.created)))
    return at
