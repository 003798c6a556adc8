"""Open WebUI, ChatGPT and plain lists of messages: trees stay trees."""

import json

from roleplay.conversations.transcripts.opening import open_transcripts
from tests.transcripts.conftest import CORPUS, tree_of


def corpus(name):
    return (CORPUS / name).read_bytes()


def test_open_webui_keeps_every_branch(take_in, xiaolin):
    (chat,) = take_in(corpus("open-webui.json"))
    assert tree_of(chat) == (
        [
            (None, "system", "A roof, late wind."),
            (0, "user", "Fly?"),
            (1, "assistant", "One."),
            (2, "user", "Higher."),
            (1, "assistant", "Two."),
        ],
        3,
    )
    assert (chat.title, chat.persona) == ("Kites on the roof", xiaolin)
    two = chat.messages.get(text="Two.")
    assert two.generation.model == "qwen"
    assert two.created.timestamp() == 1720720003


def test_open_webui_says_what_it_leaves_out(show, alices_browser):
    page = alices_browser.get(show(corpus("open-webui.json")).headers["Location"])
    assert [(group.kind, group.sentences) for group in page.context["groups"]] == [
        (
            "left_out",
            [
                "2 pictures or files are left out.",
                "These parts of the file mean nothing here: params.",
            ],
        )
    ]


def test_an_old_open_webui_file_is_a_list(take_in):
    (chat,) = take_in(corpus("open-webui-legacy.json"))
    assert [m.text for m in chat.thread()] == ["Hello", "Good day."]
    assert chat.title == "Old"


def test_chatgpt_s_mapping_holds_several_stories(take_in):
    roof, two = sorted(take_in(corpus("chatgpt.json")), key=lambda chat: chat.title)
    assert tree_of(roof) == (
        [
            (None, "system", "A roof, late wind."),
            (0, "user", "Hello"),
            (1, "assistant", "Good day."),
            (0, "user", "Hi"),
        ],
        2,
    )
    assert [m.text for m in two.thread()] == ["Alone"]
    assert {m.created.timestamp() for m in two.messages.all()} == {1690000009.0}


def test_instructions_of_a_list_of_messages_stay_outside(take_in):
    (found,) = open_transcripts(corpus("openai.json"))
    assert {code: count for code, count in found.remarks.items() if count} == {
        "instructions": 1,
        "tools": 2,
        "no_time": 2,
    }
    (chat,) = take_in(corpus("openai.json"))
    assert tree_of(chat)[0] == [
        (None, "system", "A roof, late wind."),
        (0, "user", "Is it broken?"),
        (1, "assistant", "Only resting."),
    ]


def test_a_bare_list_of_messages_is_a_story():
    rows = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    (found,) = open_transcripts(json.dumps(rows).encode())
    assert [(line.role, line.text) for line in found.path()] == [
        ("user", "Hello"),
        ("assistant", "Hi"),
    ]


def test_a_message_below_a_missing_one_stands_at_the_beginning():
    messages = {"a": {"parentId": "gone", "role": "user", "content": "Hello"}}
    data = {"chat": {"history": {"messages": messages}}}
    (found,) = open_transcripts(json.dumps(data).encode())
    assert (found.lines[0].parent, found.remarks["no_parent"]) == (None, 1)
