"""Web page, Markdown and plain text: the path that is shown, labelled, with nothing in it that runs."""

import re
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from roleplay.conversations.transcripts.labels import file_name
from roleplay.conversations.transcripts.markdown import one_line, prose
from roleplay.conversations.transcripts.moments import moment
from tests.transcripts.conftest import LONG_AGO

LABEL = "Mei is an AI character; what it says is AI-generated."
WHEN = "2024-05-20 20:00 +0800"


def test_plain_text_is_who_when_what(told, take_out):
    told.messages.filter(role="user").update(text="Will it fly?")
    assert (
        take_out(told, "text").decode()
        == f"""Mei · Kites

{LABEL}

Character: Mei
You: 小林
Begun: {WHEN}
Last words: {WHEN}
Model: moon-1
From: Lamplight
Content number: {told.pk}
AIGC: {{"Label": "1", "ContentProducer": "Lamplight", "ProduceID": "{told.pk}"}}

----------------------------------------

A roof, late wind.

----------------------------------------

Mei · {WHEN}
*Mei looks up.* “Hello, 小林.”

小林 · {WHEN}
Will it fly?

Mei · {WHEN}
*Two* <script>alert(1)</script>

Tool result · {WHEN}
rain

Mei · {WHEN}
It rains.

----------------------------------------
{LABEL}
"""
    )


def test_markdown_keeps_narration_and_nothing_else(told, take_out):
    told.messages.filter(role="user").update(text="- [a](javascript:x)\n# b\n\n```c")
    text = take_out(told, "markdown").decode()
    assert text.startswith(f"# Mei · Kites\n\n> {LABEL}\n\n- Character: Mei\n")
    assert f"**小林** · {WHEN}\n\n\\- \\[a\\](javascript:x)  \n\\# b\n\n\\`\\`\\`c\n\n" in text
    assert "*Two* &lt;script&gt;alert(1)&lt;/script&gt;\n" in text
    assert text.endswith(f"---\n\n> {LABEL}\n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*She looks.* “Yes.”", "*She looks.* “Yes.”"),
        ("a\nb", "a  \nb"),
        ("a\n\nb", "a\n\nb"),
        ("a\n===", "a  \n\\==="),
        ("    code", "code"),
        ("1. one\n2) two", "1\\. one  \n2\\) two"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("![x](//x.test/a.png)", "!\\[x\\](//x.test/a.png)"),
        ("a_b_ ~c~ |d|", "a\\_b\\_ \\~c\\~ \\|d\\|"),
    ],
    ids=range(9),
)
def test_every_mark_of_markdown_but_stars_is_a_plain_sign(text, written):
    assert prose(text) == written


def test_a_name_is_one_line_without_marks():
    assert one_line("**A**\n# B") == "\\*\\*A\\*\\* \\# B"


class Page(HTMLParser):
    """The elements of a page, with their attributes, and its texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_the_web_page_runs_nothing_and_loads_nothing(told, take_out):
    told.title = '"><img src=x onerror=alert(1)>'
    told.save()
    page = Page(take_out(told, "html").decode())
    assert {tag for tag, _attributes in page.tags} == {
        *("html", "head", "meta", "title", "style", "body", "h1", "p", "dl", "dt", "dd", "hr"),
        *("article", "b", "time"),
    }
    names = {name for _tag, attributes in page.tags for name in attributes}
    assert names == {"lang", "charset", "http-equiv", "content", "name", "class", "datetime"}
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    assert "*Two* <script>alert(1)</script>" in page.texts
    assert page.texts.count(LABEL) == 2
    mark = next(a["content"] for t, a in page.tags if a.get("name") == "AIGC")
    assert mark == (f'{{"Label": "1", "ContentProducer": "Lamplight", "ProduceID": "{told.pk}"}}')


@pytest.mark.parametrize(
    ("character", "title", "name"),
    [
        ("Mei", "", "Mei 2024-05-20.json"),
        ("海梦", "风筝/屋顶", "海梦 风筝 屋顶 2024-05-20.json"),
        ("..", "../../etc/passwd", "etc passwd 2024-05-20.json"),
        ("CON", "", "CON 2024-05-20.json"),
        ('a"b\r\nX: y', "", "a b X y 2024-05-20.json"),
        ("\u202egnp", "", "gnp 2024-05-20.json"),
        ("海" * 60, "", "海" * 40 + " 2024-05-20.json"),
        ("?", "*", "chat 2024-05-20.json"),
    ],
    ids=range(8),
)
def test_file_names_are_safe_in_every_system(character, title, name, told, mei):
    told.character.name, told.title = character, title
    assert file_name(told, "json") == name


def test_a_chinese_name_travels_in_the_header(told, mei, alices_browser):
    mei.name = "海梦"
    mei.save()
    answer = alices_browser.get(reverse("transcript", args=[told.pk]), {"as": "jsonl"})
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''%E6%B5%B7%E6%A2%A6%20Kites%202024-05-20.jsonl"
    )
    assert int(answer.headers["Content-Length"]) == len(b"".join(answer.streaming_content))
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", ["json", "jsonl", "html", "markdown", "text"])
def test_every_file_says_that_it_is_of_an_ai_and_which(form, told, take_out):
    text = take_out(told, form).decode().replace("&quot;", '"')
    assert LABEL in text
    assert re.search(f'"ProduceID": "{told.pk}"', text)
    assert "moon-1" in text


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("June 19, 2023 2:20pm", "2023-06-19T06:20:00+00:00"),
        ("june 9, 2023 12:05am", "2023-06-08T16:05:00+00:00"),
        ("2024-7-12@01h31m37s", "2024-07-11T17:31:37+00:00"),
        ("2024-6-5 @14h 56m 50s 682ms", "2024-06-05T06:56:50.682000+00:00"),
        (1720719150000, "2024-07-11T17:32:30+00:00"),
        ("1720719150000", "2024-07-11T17:32:30+00:00"),
        (1720719150, "2024-07-11T17:32:30+00:00"),
        ("2024-07-12T01:32:00.5Z", "2024-07-12T01:32:00.500000+00:00"),
        ("2024-07-12", "2024-07-11T16:00:00+00:00"),
    ],
    ids=range(9),
)
def test_every_form_of_a_time_is_read(value, utc):
    assert moment(value).isoformat() == utc


NO_TIMES = [
    *("", "yesterday", "Smarch 1, 2023 2:20pm", "2024-13-45@99h99m99s", "9" * 40, 0, -1),
    *(10**400, 1e308, float("inf"), True, None, [], {}, "9999-12-31T23:59:59-23:59"),
    *("0001-01-01", LONG_AGO.max),
]


@pytest.mark.parametrize("value", NO_TIMES, ids=range(len(NO_TIMES)))
def test_what_is_no_time_is_none(value):
    assert moment(value) is None
