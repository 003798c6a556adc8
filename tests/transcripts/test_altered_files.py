"""Whatever stands anywhere in a file: it comes in, or it is refused in one sentence."""

import copy
import json

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roleplay.conversations.transcripts import BadTranscript
from roleplay.conversations.transcripts.openai import content_of
from roleplay.conversations.transcripts.opening import open_transcripts
from roleplay.conversations.transcripts.planting import plant
from roleplay.conversations.transcripts.remarks import groups
from tests.transcripts.conftest import CORPUS

ONE = {
    "format": "lamplight-chat",
    "version": 1,
    "title": "Kites",
    "created": "2024-05-20T12:00:00+00:00",
    "character": {"id": "x", "name": "Mei", "version": 1, "sheet": {}},
    "persona": "",
    "head": 1,
    "messages": [
        {"parent": None, "role": "system", "text": "A roof."},
        {
            "parent": 0,
            "role": "assistant",
            "text": "Hi",
            "tool_calls": [{"id": "1", "name": "x", "arguments": "{}"}],
            "rating": 1,
            "created": "2024-05-20T12:00:00+00:00",
        },
    ],
    "generations": [{"message": 1, "status": "done", "model": "m", "retry_after": 1.5}],
}
LINES = [
    [json.loads(line) for line in path.read_text("utf-8").splitlines() if line[-1] == "}"]
    for path in (CORPUS / "sillytavern.jsonl", CORPUS / "sillytavern-group.jsonl")
]
FILES = [
    ONE,
    *LINES,
    *(json.loads(path.read_text("utf-8")) for path in sorted(CORPUS.glob("*.json"))),
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "user", "a", "\ud800", "\x00", "9" * 30, "2024-13-45", "x" * 300])
    | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below),
    max_leaves=5,
)


def places(value):
    """Each container of the file with each key in it."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        keys = range(len(one)) if isinstance(one, list) else sorted(one)
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], (list, dict)):
                waiting.append(one[key])
    return found


def test_parts_of_a_message_that_are_no_words_are_counted():
    odd = [{"type": [], "text": "Higher."}, {"type": {}}, {"type": "text", "text": "Yes."}]
    assert content_of(odd) == ("Yes.", 2)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(which=st.integers(0, len(FILES) - 1), place=st.integers(0, 10**6), value=values)
def test_any_value_anywhere(alice, mei, which, place, value):
    whole = [copy.deepcopy(FILES[which])]
    found = places(whole)
    holder, key = found[place % len(found)]
    holder[key] = value
    (data,) = whole
    if 0 < which <= len(LINES) and isinstance(data, list):
        text = "\n".join(json.dumps(row) for row in data)
    else:
        text = json.dumps(data)
    try:
        stories = open_transcripts(text.encode())
    except BadTranscript as bad:
        assert str(bad.words)
        return
    groups(stories)
    with transaction.atomic():
        chats = plant(alice, mei, stories)
        assert [len(story.lines) + 1 for story in stories] == [
            chat.messages.count() for chat in chats
        ]
        transaction.set_rollback(True)
