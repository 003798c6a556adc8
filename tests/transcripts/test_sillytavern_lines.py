"""SillyTavern's lines: with swipes out and in, and whatever is found in the wild."""

import json

import pytest

from roleplay.conversations.transcripts import sillytavern
from roleplay.conversations.transcripts.opening import open_transcripts
from tests.transcripts.conftest import CORPUS, LONG_AGO, ODD, fault, tree_of

SENT = "2024-05-20T12:00:00.123Z"
ATTEMPT = {
    "gen_started": SENT,
    "gen_finished": "2024-05-20T12:00:03.123Z",
    "extra": {"api": "openai", "model": "moon-1", "token_count": 9},
}


def corpus(name):
    return (CORPUS / name).read_bytes()


def read(data):
    (found,) = open_transcripts(data)
    return found


def lines(data):
    # Not splitlines: texts may hold other signs that it takes for line ends.
    return [json.loads(line) for line in data.decode().split("\n") if line]


def test_a_story_leaves_with_header_swipes_and_their_details(told, take_out):
    header, greeting, asked, answer, last = lines(take_out(told, "jsonl"))
    number = header["chat_metadata"]["lamplight"]["AIGC"]["ProduceID"]
    assert number == str(told.pk)
    assert (header["user_name"], header["character_name"]) == ("小林", "Mei")
    assert header["create_date"] == "2024-5-20@20h00m00s"
    assert header["chat_metadata"]["scenario"] == "A roof, late wind."
    assert greeting["swipes"] == ["*Mei looks up.* “Hello, 小林.”", "“You again?”"]
    assert greeting["swipe_id"] == 0
    assert asked == {
        "name": "小林",
        "is_user": True,
        "is_system": False,
        "send_date": SENT,
        "mes": ODD,
        "extra": {},
    }
    assert answer["mes"] == answer["swipes"][1] == "*Two* <script>alert(1)</script>"
    assert (answer["swipes"][0], answer["swipe_id"]) == ("One.", 1)
    assert answer["swipe_info"][0] == {"send_date": SENT, **ATTEMPT}
    assert answer["extra"]["tool_invocations"] == [
        {"id": "c1", "name": "weather", "parameters": '{"a": 1}', "result": "rain"}
    ]
    assert last == {
        "name": "Mei",
        "is_user": False,
        "is_system": False,
        "send_date": SENT,
        "mes": "It rains.",
        **ATTEMPT,
        "swipe_id": 0,
        "swipes": ["It rains."],
        "swipe_info": [{"send_date": SENT, **ATTEMPT}],
    }


def test_swipes_out_and_in_are_equal(told, take_out, take_in):
    told.messages.filter(role="user").update(text="Will it fly?")
    before = take_out(told, "jsonl")
    (chat,) = take_in(before)
    rows, head = tree_of(chat)
    assert rows == [
        (None, "system", "A roof, late wind."),
        (0, "assistant", "*Mei looks up.* “Hello, 小林.”"),
        (0, "assistant", "“You again?”"),
        (1, "user", "Will it fly?"),
        (3, "assistant", "One."),
        (3, "assistant", "*Two* <script>alert(1)</script>"),
        (5, "assistant", "It rains."),
    ]
    assert head == 6
    assert (chat.title, chat.persona) == ("Kites", told.persona)
    after = take_out(chat, "jsonl").replace(str(chat.pk).encode(), str(told.pk).encode())
    # What tools gave stays behind; the rest is equal in every byte.
    expected = lines(before)
    del (
        expected[3]["extra"]["tool_invocations"],
        expected[3]["swipe_info"][1]["extra"]["tool_invocations"],
    )
    expected[0]["create_date"] = lines(after)[0]["create_date"]
    assert lines(after) == expected


def test_a_file_as_it_is_written_elsewhere(take_in, mei):
    (chat,) = take_in(corpus("sillytavern.jsonl"))
    assert tree_of(chat) == (
        [
            (None, "system", "A roof, late wind."),
            (0, "assistant", "*Mei waves at Ann.*"),
            (0, "assistant", "Oh. You."),
            (1, "user", "你好，Mei！"),
            (3, "assistant", "Sit down."),
            (3, "assistant", "Stay a while."),
            (5, "user", "Gladly."),
        ],
        6,
    )
    texts = {m.text: m for m in chat.messages.all()}
    assert texts["Stay a while."].generation.model == "some-model"
    assert texts["你好，Mei！"].persona_name == "Ann"
    assert texts["Gladly."].created.isoformat() == "2024-07-11T17:32:37.682000+00:00"


def test_the_look_says_what_is_changed_left_out_and_dangerous(show, alices_browser):
    page = alices_browser.get(show(corpus("sillytavern-odd.jsonl")).headers["Location"])
    assert {group.kind: group.sentences for group in page.context["groups"]} == {
        "dangerous": [
            "1 message holds HTML or a script. It is shown as text; nothing of it runs.",
            "1 message holds special marks of models. Read it before you go on with the story.",
        ],
        "changed": [
            "1 message was hidden from the model; here it is part of the story.",
            "2 messages have no readable time; each takes that of the one before.",
            "In 2 messages the version shown was none of their versions; what was shown counts.",
        ],
        "left_out": [
            "2 broken lines are left out.",
            "1 notice of the other program is left out.",
            "1 message without words is left out.",
            "1 picture or file is left out.",
            "These parts of the file mean nothing here: reasoning.",
        ],
    }
    assert "<script>alert" not in page.content.decode()
    assert "&lt;script&gt;alert" in page.content.decode()


def test_an_odd_file_comes_in_as_far_as_it_can_be_read(take_in):
    (chat,) = take_in(corpus("sillytavern-odd.jsonl"))
    assert [m.text for m in chat.thread()] == [
        "Hidden words.",
        "edited",
        "shown",
        "<script>alert(1)</script> <|im_start|>system",
        "A picture of mine.",
    ]


def test_several_speakers_keep_their_names():
    found = read(corpus("sillytavern-group.jsonl"))
    assert found.character == "Mei"
    assert [(line.role, line.text) for line in found.lines] == [
        ("user", "Hello, both."),
        ("assistant", "Hello."),
        ("assistant", "Rin: Hey!"),
        ("assistant", "Sit."),
    ]
    assert found.remarks["speakers"] == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="bom"),
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(lambda data: data.replace(b"\n", b"\r"), id="cr"),
        pytest.param(lambda data: data.decode().encode("utf-16"), id="utf-16"),
        pytest.param(lambda data: data.replace(b"\n", b"\n\n"), id="empty-lines"),
        pytest.param(lambda data: data.rstrip(b"\n"), id="no-end"),
    ],
)
def test_the_same_lines_in_other_bytes_are_the_same_story(change):
    plain = corpus("sillytavern.jsonl")
    assert read(change(plain)).lines == read(plain).lines


def test_a_file_that_was_cut_inside_a_character_loses_its_last_line_only():
    data = corpus("sillytavern.jsonl")
    whole = read(data)
    cut = read(data + '{"name": "Ann", "is_user": true, "mes": "海'.encode()[:-1])
    assert cut.lines == whole.lines
    assert (cut.remarks["broken_lines"], cut.remarks["unreadable"]) == (1, 1)


def test_a_header_alone_is_no_story(show):
    header = {"user_name": "Ann", "character_name": "Mei", "chat_metadata": {}}
    assert fault(show(header)) == "There is no story in this file."


def test_messages_without_a_header_are_a_story():
    found = read(b'{"name": "Rin", "is_user": false, "mes": "Hi"}\n')
    assert (found.character, found.path()[0].text) == ("Rin", "Hi")


@pytest.mark.parametrize("shown", [-1, 7, "1", None, True, 1.0, [], {}])
def test_a_swipe_that_is_none_shows_what_was_shown(shown):
    row = {"name": "Rin", "is_user": False, "mes": "a", "swipes": ["a", "b"], "swipe_id": shown}
    found = sillytavern.read([row])
    assert [line.text for line in found.lines] == ["a", "b"]
    assert found.head == 0


def test_the_header_says_when_a_story_was_begun(told, take_out):
    assert read(take_out(told, "jsonl")).begun == LONG_AGO.replace(microsecond=0)


def test_a_narrator_is_no_speaker(told, take_out):
    note = told.messages.create(role="system", parent=told.head, text="Night falls.")
    type(told).objects.filter(pk=told.pk).update(head=note)
    found = read(take_out(told, "jsonl"))
    assert (found.character, found.path()[-1].text) == ("Mei", "Night falls.")
    assert found.remarks["speakers"] == 0
