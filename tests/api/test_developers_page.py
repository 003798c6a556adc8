"""The page for programmers: open to everyone, true of this site, and its examples run as printed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from characters.models import Character
from roleplay.accounts.models import SCOPES
from roleplay.api.dialects import OPENAI
from roleplay.api.error_words import MEANINGS, SCOPES_OPEN
from roleplay.api.openapi import DOORS, error_kinds, is_offered
from roleplay.api.shapes.chat import BotProfile
from tests.clients.environments import Environment
from tests.clients.served import Served, served
from tests.doubles.site import ROOT

pytestmark = pytest.mark.xdist_group("developers")

PAGE = "/developers/"
EXAMPLES = sorted(path.stem for path in (ROOT / "templates/developers/examples").iterdir())
# What an example needs beyond the standard library, where it is not among our own packages.
NEEDS = {"xingchen_py": "xingchen", "openai_py": "openai"}
LANGUAGES = ["en", "zh-hans"]


class Page(HTMLParser):
    """What a reader copies: the text of each example, by its name; links; ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.examples: dict[str, str] = {}
        self.links: list[str] = []
        self.ids: set[str] = set()
        self._into = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids.add(told.get("id") or "")
        if tag == "a":
            self.links.append(told.get("href") or "")
        if file := told.get("data-example"):
            self._into = Path(file).stem
            self.examples[self._into] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into:
            self.examples[self._into] += data


def page_of(client: Client, language: str = "en") -> str:
    answer = client.get(PAGE, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def told(html: str) -> str:
    """The page's words as they are read, one blank between them."""
    text = re.sub(r"<wbr>|<(style|script|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


# What it tells


def test_a_stranger_may_read_it(db):
    page = Page(page_of(Client()))
    assert sorted(page.examples) == EXAMPLES
    assert "/settings/keys/" in page.links
    assert "/developers/openapi.json" in page.links


def test_all_of_its_own_links_lead_somewhere(db, mei):
    page = Page(page_of(Client()))
    inner = [link.removeprefix("#") for link in page.links if link.startswith("#")]
    assert len(inner) > 5
    assert [link for link in inner if link not in page.ids] == []
    outer = {link for link in page.links if link.startswith("/")}
    assert {link for link in outer if Client().get(link).status_code >= 400} == set()


def test_it_names_the_address_it_is_read_at(db):
    page = Client().get(PAGE, headers={"Host": "localhost:4321"}).content.decode()
    assert "http://localhost:4321/v2/api" in told(page)
    for text in Page(page).examples.values():
        assert "http://localhost:4321/v" in text or 'host="http://localhost:4321"' in text
        assert "testserver" not in text


def test_every_call_is_on_it_once_with_what_it_does(db):
    words = told(page_of(Client()))
    for root, routes in DOORS.items():
        for route in filter(is_offered, routes):
            line = f"{', '.join(route.methods)} {root}{route.path} {route.summary}"
            assert words.count(line) >= 1, line


def test_what_is_not_offered_stands_apart_with_one_line_for_each_kind(db):
    words = told(page_of(Client()))
    start = words.index("so that programs can tell.") + len("so that programs can tell. ")
    assert words[start : words.index(" Errors An error of /v2/api")] == (
        "POST, PUT, DELETE /v2/api/knowledge_base/… Not offered: knowledge bases"
        " POST, GET /v2/api/common/file/asyn/… Not offered: file conversion"
        " POST /v2/api/chatFlow/send Not offered: workflow assistants"
    )
    missing = [route.path for routes in DOORS.values() for route in routes if not is_offered(route)]
    shown = ("knowledge_base/", "common/file/asyn/", "chatFlow/send")
    assert [path for path in missing if not path.startswith(shown)] == []


def test_every_scope_and_every_error_is_on_it(db):
    words = told(page_of(Client()))
    assert set(SCOPES) == set(SCOPES_OPEN)
    assert [scope for scope in SCOPES if f" {scope} {SCOPES_OPEN[scope]} " not in words] == []
    assert set(MEANINGS) == set(error_kinds())
    rows = [
        f"{kind.code} {MEANINGS[kind]} aca.error.{kind.key} {kind.status} {OPENAI.status(kind())} "
        for kind in MEANINGS
    ]
    assert [row for row in rows if row not in words] == []


@pytest.mark.parametrize(
    ("limit", "words"),
    [(0, "No limit of replies a day."), (1, "One reply a day"), (40, "40 replies a day")],
)
def test_it_tells_the_limits_of_this_site(db, settings, limit, words):
    settings.REPLIES_PER_DAY = limit
    settings.API_KEYS_PER_PERSON = 7
    page = told(page_of(Client()))
    assert words in page
    assert "7 keys that work" in page


def test_its_examples_talk_to_somebody_everyone_may_talk_to(db, mei):
    Character.objects.create(name="Ada", visibility="public", allows_chat=False, allows_api=True)
    Character.objects.create(name="Ben", visibility="private")
    text = Page(page_of(Client())).examples["completion_sh"]
    Character.objects.filter(pk=mei.pk).update(allows_api=True, allows_chat=True)
    assert f'"model": "character/{mei.pk}"' in Page(page_of(Client())).examples["completion_sh"]
    Character.objects.filter(pk=mei.pk).update(allows_api=False)
    assert '"model": "character/ID"' in Page(page_of(Client())).examples["completion_sh"]
    assert str(mei.pk) in text


def test_a_name_of_the_site_is_only_text(db, settings):
    settings.SITE_NAME = "<script>alert(1)</script>"
    assert "<script>alert(1)</script>" not in page_of(Client())


def test_it_is_only_read_by_its_address(db):
    assert Client().post(PAGE).status_code == 405


def test_the_settings_and_the_pages_of_strangers_lead_to_it(alices_browser, db):
    keys = alices_browser.get("/settings/keys/").content.decode()
    settings = alices_browser.get("/settings/").content.decode()
    landing = Client().get("/").content.decode()
    sign_in = Client().get("/accounts/login/").content.decode()
    assert [PAGE in Page(html).links for html in (keys, settings, landing, sign_in)] == [True] * 4


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_example_needs_is_named_beside_it(db, name):
    html = page_of(Client())
    before = html[: html.index(f"developers/examples/{name}.txt")]
    caption = told(before[before.rindex("<figcaption>") : before.rindex("</figcaption>")])
    package = NEEDS.get(name, "requests")
    named = {"sh": "curl", "py": f"Python, {package} · pip install {package}"}
    assert caption == named[name[-2:]]


def test_it_says_what_types_of_characters_there_are_and_how_to_set_the_key(db):
    words = told(page_of(Client()))
    types = BotProfile.model_json_schema()["properties"]["type"]["enum"]
    told_types = ["virtual", "reproduction", "assistant"]
    assert (types, [one for one in told_types if f" {one} (" in words]) == (told_types,) * 2
    assert " export API_KEY=lm-… " in words


# Its examples


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("developers"), DEMO_PACE="2000") as running:
        yield running


def example(server: Served, name: str, language: str = "en") -> str:
    """The text of an example as it stands on the running site's page."""
    answer = httpx.get(
        server.address + PAGE, headers={"Accept-Language": language}, trust_env=False
    )
    return Page(answer.text).examples[name]


def call(server: Served, path: str, body: Any) -> Any:
    """What the running site answers at this path."""
    headers = {"Authorization": f"Bearer {server.key}"}
    address = f"{server.address}/v2/api/{path}"
    answer = httpx.post(address, json=body, headers=headers, trust_env=False).json()
    assert answer["success"] is True
    return answer["data"]


def python_for(name: str) -> str:
    return str(Environment(NEEDS[name]).make().python) if name in NEEDS else sys.executable


def output(name: str, text: str, key: str, cwd: Path) -> str:
    """What the example prints, run as somebody would who copied it."""
    command = ["sh", "-e", "-c", text] if name.endswith("_sh") else [python_for(name), "-c", text]
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "API_KEY": key, "NO_PROXY": "*", "PYTHONUTF8": "1"},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def spoken(name: str, printed: str) -> list[str]:
    """What was answered, one text for each time something was asked."""
    if not name.endswith("_sh"):
        return printed.splitlines()
    if name == "stream_sh":
        frames = [json.loads(line[5:]) for line in printed.split("\n\n") if line]
        assert [frame["stop"] for frame in frames] == [False] * (len(frames) - 1) + [True]
        texts = [frame["choices"][0]["messages"][0]["content"] for frame in frames]
        assert len(texts) > 2
        return ["".join(texts)]
    body = json.loads(printed)
    if name == "models_sh":
        return [model["name"] for model in body["data"]]
    if name == "role_sh":
        assert body["success"] is True
        return [body["data"]["choices"][0]["messages"][0]["content"]]
    return [body["choices"][0]["message"]["content"]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_works_as_it_stands(server, name, language, tmp_path):
    printed = output(name, example(server, name, language), server.key, tmp_path)
    texts = spoken(name, printed)
    assert texts and all(text.strip() for text in texts if len(texts) < 3), printed
    assert "errorCode" not in printed and '"error"' not in printed


def test_the_example_with_a_tool_uses_its_result(server, tmp_path):
    text = example(server, "tools_py")
    printed = output("tools_py", text, server.key, tmp_path)
    assert "26" in printed
    without = text.replace('"temperature": 26', '"temperature": -3')
    assert "-3" in output("tools_py", without, server.key, tmp_path)


def test_a_character_that_an_example_makes_is_there_and_its_dialogue_is_kept(server, tmp_path):
    text = example(server, "character_py").replace('"u-1"', '"u-9"')
    printed = output("character_py", text, server.key, tmp_path)
    kept = call(server, "chat/message/histories", {"where": {"bizUserId": "u-9"}})["list"]
    greeting, asked, answer, asked_then, last = [message["content"] for message in kept][::-1]
    assert greeting == "Come in, it is about to rain."
    assert (asked, asked_then) == ("Good evening!", "What are you mending?")
    assert printed == f"{answer}\n{last}\n"


def test_the_example_of_a_dialogue_asks_again_rates_reads_and_begins_anew(server, tmp_path):
    printed = output("dialogue_py", example(server, "dialogue_py"), server.key, tmp_path)
    lines = printed[printed.index("\nuser Good evening!") :].splitlines()
    assert lines[1] == "user Good evening! None"
    assert lines[2].startswith("character ")
    assert lines[-1].endswith(" 5")
    where = {"where": {"bizUserId": "u-2"}}
    assert call(server, "chat/message/histories", where)["list"] == []


def test_an_example_with_a_wrong_key_says_so(server, tmp_path):
    text = example(server, "role_sh")
    body = json.loads(output("role_sh", text, "lm-wrong", tmp_path))
    assert (body["httpStatusCode"], body["errorMessageKey"]) == (401, "aca.error.invalid.token")
    with pytest.raises(AssertionError, match="Unauthorized user!"):
        output("stream_py", example(server, "stream_py"), "lm-wrong", tmp_path)
