"""A told story, and the two steps by which a file comes in."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from roleplay.conversations.models import Generation, Message

CORPUS = Path(__file__).parent / "corpus"
LONG_AGO = datetime(2024, 5, 20, 12, 0, 0, 123456, tzinfo=UTC)
# User text that no format of ours may stumble over.
ODD = "line\u2028sep \ufeff “引号” \r\n\t</script> 😀 {{user}} \\ \"'\n\n    # - <b>"


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def told(xiaolin, story, mei):
    """Two greetings, a question, two answers of which the second is shown, a tool and a failure."""
    story.persona, story.title = xiaolin, "Kites"
    asked = say(story, story.head, "user", ODD, persona_name="小林")
    one = say(story, asked, "assistant", "One.", rating=3)
    two = say(
        story,
        asked,
        "assistant",
        "*Two* <script>alert(1)</script>",
        tool_calls=[{"id": "c1", "name": "weather", "arguments": '{"a": 1}'}],
    )
    rain = say(story, two, "tool", "rain", tool_call_id="c1")
    last = say(story, rain, "assistant", "It rains.")
    for number, (message, status) in enumerate([(one, "failed"), (two, "done"), (last, "done")]):
        Generation.objects.create(
            conversation=story,
            message=message,
            send_key=f"press-{number:04}",
            status=status,
            error_kind="timed_out" if status == "failed" else "",
            provider="openai",
            model="moon-1",
            prompt={"messages": ["canary"]},
            finished=LONG_AGO + timedelta(seconds=3),
            first_text=LONG_AGO + timedelta(seconds=1),
            input_tokens=3,
            output_tokens=9,
        )
    story.head = last
    story.save()
    Message.objects.update(created=LONG_AGO)
    Generation.objects.update(created=LONG_AGO)
    type(story).objects.update(created=LONG_AGO, used=LONG_AGO)
    story.refresh_from_db()
    return story


def say(story, above, role, text, **more):
    return Message.objects.create(conversation=story, parent=above, role=role, text=text, **more)


@pytest.fixture
def take_out(alices_browser):
    """What the browser is given for a chat in a format, as bytes."""

    def taken(chat, form="json", browser=alices_browser):
        answer = browser.get(reverse("transcript", args=[chat.pk]), {"as": form})
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    return taken


@pytest.fixture
def show(alices_browser):
    """Choose a file; gives the answer: a redirect to the look at it, or the page with its fault."""

    def shown(data, name="chat.json", browser=alices_browser):
        if not isinstance(data, bytes):
            data = json.dumps(data, ensure_ascii=True).encode()
        return browser.post(reverse("import_chats"), {"file": SimpleUploadedFile(name, data)})

    return shown


@pytest.fixture
def take_in(show, alices_browser, alice, mei):
    """Both steps; gives the new chats, oldest first."""

    def taken(data, character=mei, browser=alices_browser, user=alice):
        before = set(user.conversations.values_list("pk", flat=True))
        answer = show(data, browser=browser)
        assert answer.status_code == 302, fault(answer)
        done = browser.post(answer.headers["Location"], {"character": character.pk})
        assert done.status_code == 302
        return list(user.conversations.exclude(pk__in=before).order_by("used", "pk"))

    return taken


def fault(answer):
    """The one sentence that says why a file was refused."""
    return str(answer.context["form"].errors["file"][0])


def tree_of(chat):
    """Texts and roles of all messages, each with the place of its parent, and the place of the head."""
    rows = list(chat.messages.order_by("pk"))
    places = {row.pk: place for place, row in enumerate(rows)}
    told = [(places.get(row.parent_id), row.role, row.text) for row in rows]
    return told, places.get(chat.head_id)
