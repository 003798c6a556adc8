"""A story leaves as a file and comes in again, at a screen, with scripts and without."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CORPUS = Path(__file__).parent.parent / "transcripts/corpus"
LOOKS = [
    pytest.param(
        {"viewport": DESKTOP, "color_scheme": "light", "language": "zh-CN"}, id="desk-day"
    ),
    pytest.param({"viewport": PHONE, "color_scheme": "dark", "language": "en"}, id="phone-night"),
]


def begin(page: Page) -> str:
    """Go in as a guest; gives the address of the first chat."""
    page.goto("/")
    page.locator(".land__cta button").click()
    page.wait_for_url("**/chats/*/")
    if page.locator("dialog[open] .btn").count():
        page.locator("dialog[open] .btn").first.click()
    return page.url


def take_out(page: Page, chat: str, form: str, into: Path) -> Path:
    page.goto(f"{chat}export/")
    with page.expect_download() as begun:
        page.locator(f'a[href$="as={form}"]').click()
    path = into / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def look_at(page: Page, path: Path) -> None:
    page.goto("/chats/import/")
    page.set_input_files("[name=file]", path)
    page.locator("form:has([name=file]) button[type=submit]").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_story_goes_out_and_comes_in(
    open_page: Callable[..., Page], tmp_path: Path, form: str, scripts: bool
):
    page = open_page(java_script_enabled=scripts)
    chat = begin(page)
    words = page.locator(".msg--them .prose").first.inner_text()
    file = take_out(page, chat, form, tmp_path)
    look_at(page, file)
    expect(page.locator("[name=character] option:checked")).not_to_have_text("Choose one")
    page.locator("form:has([name=character]) button[type=submit]").click()
    page.wait_for_url("**/chats/*-*/")
    assert page.url != chat
    assert page.locator(".msg--them .prose").first.inner_text() == words


def test_the_menu_of_a_chat_leads_to_its_files(open_page: Callable[..., Page]):
    page = open_page()
    chat = begin(page)
    page.locator("[popovertarget=chat-menu]").click()
    page.locator("#chat-menu a").click()
    page.wait_for_url(f"{chat}export/")
    page.goto("/chats/")
    page.get_by_role("link", name="Import chats").click()
    page.wait_for_url("**/chats/import/")


def test_a_web_page_of_a_story_opens_and_runs_nothing(
    open_page: Callable[..., Page], tmp_path: Path
):
    page = open_page()
    chat = begin(page)
    name = page.locator(".bar__who h1").inner_text()
    file = take_out(page, chat, "html", tmp_path)
    page.goto(file.as_uri())
    assert page.locator("h1").inner_text() == name
    assert page.locator("script").count() == 0
    assert page.locator(".label").count() == 2


def test_a_file_that_is_none_says_so_beside_the_field(
    open_page: Callable[..., Page], tmp_path: Path
):
    page = open_page()
    begin(page)
    path = tmp_path / "chat.json"
    path.write_text(json.dumps({"a": 1}))
    look_at(page, path)
    expect(page.locator("#file-error")).to_contain_text("This is no chat that can be read here.")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_pages_of_files_and_none_scrolls_sideways(
    open_page: Callable[..., Page], look: dict[str, object]
):
    page = open_page(**look, bypass_csp=True)
    chat = begin(page)
    page.goto(f"{chat}export/")
    found = faults(page)
    page.goto("/chats/import/")
    found += faults(page)
    look_at(page, CORPUS / "openai.json")
    found += faults(page)
    page.locator("form:has([name=character]) button[type=submit]").click()
    look_at(page, CORPUS / "sillytavern-odd.jsonl")
    found += faults(page)
    look_at(page, CORPUS / "chatgpt.json")
    found += faults(page)
    assert found == []


def faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"{page.url} scrolls sideways"] * wide + [
        f"{page.url} {fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
