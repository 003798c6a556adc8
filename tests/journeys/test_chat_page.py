"""Whole stories in a real browser: what a person does on the page of a chat, and what they keep."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import PHONE, Site

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]
AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
LAST = ".msg:last-of-type"
BUSY = ".msg[aria-busy='true']"


def enter(page: Page) -> None:
    """A stranger comes in by the front door, which says what the characters are: one step."""
    page.goto("/")
    page.locator("form[action*='/chat/'] button, form[action='/enter/'] button").first.click()
    page.wait_for_url(re.compile("/chats/.+/"))


def say(page: Page, text: str) -> None:
    page.locator("#say").fill(text)
    page.locator("#say").press("Enter")


def ask(page: Page, text: str) -> None:
    """Say it, and wait until it stands in the story."""
    before = page.locator(".msg--me").count()
    say(page, text)
    expect(page.locator(".msg--me")).to_have_count(before + 1)


def wait_for_end(page: Page, state: str = "done") -> None:
    over = f"{LAST}.msg--them[data-state='{state}']:not([aria-busy])"
    page.wait_for_selector(over, timeout=40_000)


def words(page: Page, which: str = LAST) -> str:
    return page.locator(f"{which} .prose").inner_text()


def box(page: Page) -> str:
    return page.locator("#say").input_value()


def note(page: Page) -> str:
    return page.locator("[data-js='notes'] .note").inner_text()


def texts_stored(page: Page) -> list[str]:
    """What the server shows of the story on a page opened anew."""
    other = page.context.new_page()
    other.goto(page.url)
    stored = other.locator(".msg .prose").all_inner_texts()
    other.close()
    return stored


def test_a_stranger_has_a_saved_reply_after_two_steps(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.locator("[data-js='starter']").first.click()
    wait_for_end(page)
    shown = page.locator(".msg .prose").all_inner_texts()
    page.reload()
    assert page.locator(".msg .prose").all_inner_texts() == shown
    assert len(shown) == 3
    assert len(shown[2]) > 20


def test_a_reload_in_the_middle_goes_on_where_it_was(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo long")
    page.wait_for_function(
        "() => document.querySelector('.msg:last-of-type .prose').innerText.length > 60"
    )
    before = words(page)
    page.reload()
    page.wait_for_selector(BUSY)
    assert words(page)[:20] == before[:20]
    wait_for_end(page)
    final = words(page)
    assert final == texts_stored(page)[-1]


def test_two_tabs_show_one_reply_alike(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo long")
    page.wait_for_selector(BUSY)
    other = open_page(context=page.context)
    other.goto(page.url)
    wait_for_end(page)
    wait_for_end(other)
    assert words(page) == words(other)


def test_stopping_keeps_what_was_said_and_continuing_goes_on_from_there(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo long")
    page.wait_for_function(
        "() => document.querySelector('.msg:last-of-type .prose').innerText.length > 40"
    )
    page.locator("#say").press("Escape")
    wait_for_end(page, "stopped")
    kept = words(page)
    expect(page.locator(f"{LAST} .state-line")).to_contain_text("Stopped here.")
    assert kept == texts_stored(page)[-1]
    page.get_by_role("button", name="Continue").first.click()
    page.wait_for_selector(BUSY)
    page.wait_for_function(
        "(n) => document.querySelector('.msg:last-of-type .prose').innerText.length > n",
        arg=len(kept),
    )
    page.locator("[data-js='stop']").click()
    wait_for_end(page, "stopped")
    assert words(page).startswith(kept)
    assert page.locator(".msg").count() == 3


def test_esc_stops_wherever_focus_is_unless_something_open_takes_it(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo long")
    page.wait_for_selector(BUSY)
    page.locator(".as").click()
    expect(page.locator("#persona-menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#persona-menu")).to_be_hidden()
    assert page.locator(BUSY).count() == 1
    page.locator(".log").focus()
    page.keyboard.press("Escape")
    wait_for_end(page, "stopped")
    page.get_by_role("button", name="Continue").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(BUSY)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none"
    page.keyboard.press("Escape")
    wait_for_end(page, "stopped")


def test_after_a_reload_in_the_middle_nobody_is_still_finding_words(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo long")
    page.wait_for_function(
        "() => document.querySelector('.msg:last-of-type .prose').innerText.length > 60"
    )
    page.reload()
    page.wait_for_selector(BUSY)
    assert page.locator("[data-js='waiting']").count() == 0
    assert page.locator(".caret").count() == 1


def test_a_failure_without_a_word_is_not_labelled(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo fail upstream")
    wait_for_end(page, "failed")
    assert page.locator(f"{LAST} .ai").count() == 0
    ask(page, "/demo fail upstream late")
    wait_for_end(page, "failed")
    expect(page.locator(f"{LAST} .ai")).to_be_visible()


def test_without_scripts_words_are_sent_and_answered(open_page: Opener) -> None:
    page = open_page(java_script_enabled=False)
    enter(page)
    chat = page.url
    page.locator("#say").fill("Hello there")
    page.locator("[data-js='send']").click()
    page.wait_for_url(chat)
    assert page.locator(".msg--me .prose").inner_text() == "Hello there"
    assert page.locator(".msg").count() == 3


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE])
def test_the_lines_to_begin_with_are_seen_at_once(
    open_page: Opener, viewport: dict[str, int]
) -> None:
    page = open_page(viewport=viewport)
    enter(page)
    first = page.locator("[data-js='starter']").first.bounding_box()
    dock = page.locator(".dock").bounding_box()
    assert first and dock
    assert first["y"] + first["height"] <= dock["y"]


def test_another_version_can_be_paged_back_from(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "Hello there")
    wait_for_end(page)
    first = words(page)
    page.locator(f"{LAST} [data-act='again']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(BUSY)
    wait_for_end(page)
    expect(page.locator(f"{LAST} .pager")).to_have_attribute("aria-label", "Version 2 of 2")
    page.locator(f"{LAST} [data-act='previous']").click()
    expect(page.locator(f"{LAST} .pager")).to_have_attribute("aria-label", "Version 1 of 2")
    assert words(page) == first
    assert page.evaluate("document.activeElement.closest('.msg')?.matches(':last-of-type')")
    page.reload()
    assert words(page) == first


def test_the_opening_can_be_changed_until_something_was_said(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    first = words(page)
    page.locator("[data-act='next']").click()
    expect(page.locator(".pager")).to_contain_text("2/")
    assert words(page) != first
    ask(page, "Hi")
    wait_for_end(page)
    expect(page.locator(".msg:first-of-type .pager")).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "tag", "label"), [("en", "en", "AI-generated"), ("zh-CN", "zh-Hans", None)]
)
def test_the_page_speaks_the_browsers_language(
    open_page: Opener, language: str, tag: str, label: str | None
) -> None:
    page = open_page(language=language)
    enter(page)
    say(page, "你好" if label is None else "Hello")
    wait_for_end(page)
    assert page.locator("html").get_attribute("lang") == tag
    if label:
        assert set(page.locator(".ai").all_inner_texts()) == {label}
    assert page.locator(".msg--them .ai").count() == page.locator(".msg--them").count()


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_the_whole_page_without_sideways_scrolling(
    open_page: Opener, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    enter(page)
    page.locator("#say").fill("Hello *waves*")
    page.locator("[data-js='send']").tap()
    wait_for_end(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('.log').scrollWidth <= innerWidth")
    composer = page.locator(".composer").bounding_box()
    assert composer is not None
    assert composer["x"] >= 0
    assert composer["y"] + composer["height"] <= 844


def test_enter_on_a_phone_is_a_new_line(open_page: Opener) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    enter(page)
    page.locator("#say").tap()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    assert box(page) == "one\ntwo"


def test_enter_that_ends_a_composition_sends_nothing(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.locator("#say").fill("ni hao")
    page.evaluate(
        """() => {
          for (const how of [{isComposing: true}, {keyCode: 229}])
            document.querySelector('#say').dispatchEvent(
              new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, ...how}));
        }"""
    )
    assert box(page) == "ni hao"
    assert page.locator(".msg--me").count() == 0


def test_marks_are_put_around_what_is_chosen(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.locator("#say").fill("looks up")
    page.locator("#say").select_text()
    page.locator(".ins").first.click()
    assert box(page) == "*looks up*"
    page.keyboard.press("End")
    page.keyboard.press("Control+Shift+Digit9")
    page.keyboard.type("slower")
    assert box(page) == "*looks up*((slower))"
    expect(page.locator("#say")).to_be_focused()


def test_a_draft_survives_a_reload_and_another_browser(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    with page.expect_response(re.compile("/draft/")):
        page.locator("#say").fill("I was about to say")
    page.reload()
    assert box(page) == "I was about to say"
    page.evaluate("localStorage.clear()")
    page.reload()
    assert box(page) == "I was about to say"


def test_a_draft_is_gone_once_it_was_sent(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    with page.expect_response(re.compile("/draft/")):
        page.locator("#say").fill("Hello again")
    page.locator("#say").press("Enter")
    wait_for_end(page)
    page.reload()
    assert box(page) == ""


def test_an_expired_session_keeps_the_words(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.locator("#say").fill("Do not lose this")
    page.context.clear_cookies(name="sessionid")
    page.locator("#say").press("Enter")
    page.wait_for_selector("[data-js='notes'] .note")
    assert note(page).startswith("You were signed out. What you typed is kept; sign in to send it.")
    assert box(page) == "Do not lose this"
    address = page.url.removeprefix(page.evaluate("location.origin"))
    link = page.locator("[data-js='notes'] a").get_attribute("href")
    assert link is not None
    assert link.endswith(f"?next={address}")
    kept = page.evaluate("Object.values(localStorage).join()")
    assert "Do not lose this" in kept


def test_an_expired_csrf_token_is_renewed_and_the_words_are_sent(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.context.clear_cookies(name="csrftoken")
    ask(page, "Still here")
    wait_for_end(page)
    assert texts_stored(page)[1] == "Still here"
    assert box(page) == ""


def test_a_csrf_token_that_cannot_be_renewed_keeps_the_words(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.route(
        re.compile("/messages/$"),
        lambda route: route.fulfill(status=403, body="forbidden", content_type="text/html"),
    )
    say(page, "Keep me")
    page.wait_for_selector("[data-js='notes'] .note")
    assert box(page) == "Keep me"


@pytest.mark.parametrize("status", [400, 404, 413, 429, 500, 502, 503])
def test_no_refusal_of_the_server_costs_a_word(open_page: Opener, status: int) -> None:
    page = open_page()
    enter(page)
    page.route(
        re.compile("/messages/$"),
        lambda route: route.fulfill(status=status, body="<h1>No</h1>", content_type="text/html"),
    )
    say(page, "Every word counts")
    page.wait_for_selector("[data-js='notes'] .note")
    assert "No" not in note(page).split()
    assert box(page) == "Every word counts"
    page.reload()
    assert box(page) == "Every word counts"


def test_words_written_offline_are_sent_once_when_the_line_is_back(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.context.set_offline(True)
    say(page, "From the tunnel")
    page.wait_for_selector("[data-js='notes'] .note")
    assert note(page).startswith("You're offline. Your words are safe here")
    assert box(page) == "From the tunnel"
    page.context.set_offline(False)
    wait_for_end(page)
    assert texts_stored(page).count("From the tunnel") == 1
    assert box(page) == ""


def test_a_lost_answer_is_asked_for_again_and_nothing_is_said_twice(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route(re.compile("/messages/$"), lose_the_first)
    say(page, "Did you hear me?")
    wait_for_end(page)
    assert lost == [200]
    assert page.locator(".msg--me").count() == 1
    assert texts_stored(page).count("Did you hear me?") == 1


def test_a_tab_that_is_behind_sees_what_is_new_and_keeps_its_words(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    other = open_page(context=page.context)
    other.goto(page.url)
    ask(page, "From the first tab")
    wait_for_end(page)
    say(other, "From the second tab")
    other.wait_for_selector("[data-js='notes'] .note")
    assert box(other) == "From the second tab"
    assert other.locator(".msg .prose").all_inner_texts() == texts_stored(page)
    other.locator("#say").press("Enter")
    other.wait_for_function("() => document.querySelectorAll('.msg').length === 5")
    wait_for_end(other)
    assert texts_stored(page)[3] == "From the second tab"


KINDS = {
    "unauthorized": "The model's key isn't accepted. The admin has been told.",
    "out_of_money": "The model's account has run dry. The admin has been told.",
    "refused": "The model service declined to write this. Try taking the story another way.",
    "timed_out": "No answer after 60 seconds. Your message did arrive.",
    "upstream": "The model service had a problem. It isn't you.",
    "empty": "An empty reply came back. It wasn't saved.",
}


def test_every_trouble_is_told_in_its_own_words_below_the_message(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    for kind, told in KINDS.items():
        ask(page, f"/demo fail {kind}")
        wait_for_end(page, "failed")
        assert page.locator(f"{LAST} .state-line > span").first.inner_text() == told
        assert page.locator(f"{LAST} .state-line").get_attribute("role") == "status"


def test_a_busy_model_is_asked_again_after_the_countdown(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.clock.install()
    ask(page, "/demo fail rate_limited 100")
    wait_for_end(page, "failed")
    line = page.locator(f"{LAST} .state-line > span").first
    assert line.inner_text() == "The model is busy. Trying again in 100 seconds."
    page.clock.run_for(3000)
    assert line.inner_text() == "The model is busy. Trying again in 97 seconds."
    with page.expect_response(re.compile("/regenerate/")) as asked:
        page.clock.run_for(98_000)
    assert asked.value.status == 200


def test_a_model_that_is_slow_to_wake_is_spoken_of_after_eight_seconds(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.clock.install()
    ask(page, "/demo silent")
    page.wait_for_selector(BUSY)
    expect(page.locator("[data-js='waiting']")).to_have_text("海梦 is finding the words")
    page.clock.run_for(7000)
    expect(page.locator("[data-js='slow']")).to_be_hidden()
    page.clock.run_for(1500)
    expect(page.locator("[data-js='slow']")).to_have_text(
        "The model is slow to wake. Give it a moment, or stop."
    )
    page.clock.resume()
    page.locator("#say").press("Escape")
    wait_for_end(page, "stopped")
    expect(page.get_by_role("button", name="Another version").last).to_be_visible()


def test_a_busy_model_is_waited_for_and_said_to_be(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo busy")
    expect(page.locator("[data-js='slow']")).to_have_text(
        re.compile(r"The model is busy\. Trying again in \d+ seconds\.")
    )
    page.locator("[data-js='stop']").click()
    wait_for_end(page, "stopped")


def test_a_reply_that_was_rewritten_shows_the_new_words(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo replace")
    wait_for_end(page)
    assert words(page) == texts_stored(page)[-1]


def test_a_hidden_page_holds_no_line_and_misses_nothing(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    streams: list[str] = []
    page.on("request", lambda one: streams.append(one.url) if "/events/" in one.url else None)
    ended: list[str] = []
    page.on("requestfailed", lambda one: ended.append(one.url) if "/events/" in one.url else None)
    ask(page, "/demo long")
    page.wait_for_function(
        "() => document.querySelector('.msg:last-of-type .prose').innerText.length > 40"
    )
    page.evaluate(
        """() => {
          Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true});
          window.away = true;
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.wait_for_timeout(500)
    assert (len(streams), len(ended)) == (1, 1)
    page.evaluate(
        "() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')); }"
    )
    wait_for_end(page)
    assert len(streams) == 2
    assert "after=0" not in streams[1]
    assert words(page) == texts_stored(page)[-1]


def test_whoever_was_not_told_yet_reads_that_it_is_an_ai_before_the_first_words(
    open_page: Opener, site: Site
) -> None:
    page = open_page()
    enter(page)
    site.manage(
        "shell",
        "-c",
        "from roleplay.conversations.models import Conversation as C\n"
        f"user = C.objects.get(pk='{chat_of(page)}').user\n"
        "user.saw_ai_notice = None; user.save()",
    )
    page.reload()
    expect(page.get_by_role("dialog")).to_contain_text("You're chatting with an AI")
    page.get_by_role("button", name="I see, begin").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#say")).to_be_focused()
    page.reload()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_proxy_that_holds_the_stream_back_costs_no_word(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.route(re.compile("/events/"), lambda route: None)  # neither answered nor refused
    ask(page, "/demo long")
    page.wait_for_selector(BUSY)
    page.wait_for_function(
        "() => document.querySelector('.msg:last-of-type .prose').innerText.length > 60",
        timeout=20_000,
    )
    page.wait_for_selector(f"{LAST}[data-state='done']", timeout=40_000)
    assert words(page) == texts_stored(page)[-1]


@pytest.mark.parametrize(
    ("cookie", "told"), [("sessionid", "You were signed out"), ("", "This page has turned")]
)
def test_a_page_whose_reply_is_out_of_reach_says_so_once_and_asks_no_more(
    open_page: Opener, site: Site, cookie: str, told: str
) -> None:
    page = open_page()
    enter(page)
    page.route(re.compile("/events/"), lambda route: route.fulfill(status=503))
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/replies/" in one.url else None)
    ask(page, "/demo silent")
    if cookie:
        page.context.clear_cookies(name=cookie)
    else:
        site.manage(
            "shell",
            "-c",
            "from roleplay.conversations.models import Conversation as C\n"
            f"C.objects.get(pk='{chat_of(page)}').delete()",
        )
    page.wait_for_selector("[data-js='notes'] .note")
    assert note(page).startswith(told)
    before = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == before


def test_a_line_that_is_cut_goes_on_without_a_gap(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    cuts: list[str] = []

    def cut(route: Route) -> None:
        cuts.append(route.request.headers.get("last-event-id", ""))
        if len(cuts) < 2:
            route.abort()
        else:
            route.continue_()

    page.route(re.compile("/events/"), cut)
    ask(page, "/demo long")
    wait_for_end(page)
    assert len(cuts) >= 2
    assert words(page) == texts_stored(page)[-1]


def test_words_that_stand_never_move_while_a_reply_is_written(open_page: Opener) -> None:
    for viewport in ({"width": 1440, "height": 900}, PHONE):
        page = open_page(viewport=viewport)
        enter(page)
        page.evaluate(WATCH)
        ask(page, "/demo long")
        page.wait_for_selector(BUSY)
        wait_for_end(page)
        page.wait_for_timeout(300)
        seen = page.evaluate("watched()")
        assert seen["frames"] > 20
        assert seen["moved"] == []
        assert (seen["shift"], seen["shifted"]) == (0, [])


# Where each glyph stands is measured from the top of its message: following the end scrolls the
# page, and that is no shift.
WATCH = """
() => {
  let shift = 0, frames = 0;
  const shifted = [];
  const moved = [], known = new Map();
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      shift += one.value;
      for (const {node} of one.sources) shifted.push(node?.className ?? String(node));
    }
  }).observe({type: 'layout-shift', buffered: false});
  const look = () => {
    const prose = document.querySelector('.msg[aria-busy="true"] .prose');
    if (prose) {
      const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
      const origin = prose.getBoundingClientRect();
      const range = document.createRange();
      frames += 1;
      for (let at = 0, node; (node = walker.nextNode());) {
        for (let i = 0; i < node.length; i += 7, at += 1) {
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          const box = range.getClientRects()[0];
          if (!box) continue;
          const place = [Math.round(box.x - origin.x), Math.round(box.y - origin.y)].join();
          const id = [...prose.children].findIndex((p) => p.contains(node)) + ':' + node.data.slice(0, 6) + ':' + i;
          const before = known.get(id);
          if (before && before !== place) moved.push([id, before, place]);
          known.set(id, place);
        }
      }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.watched = () => ({shift, shifted, frames, moved: moved.slice(0, 5)});
}
"""

FILL = """
from roleplay.conversations.models import Conversation
story = Conversation.objects.get(pk="{pk}")
for number in range({count}):
    story.head = story.messages.create(
        parent=story.head,
        role=["user", "assistant"][number % 2],
        text=f"Line {{number}} " + "of a long story. " * (number % 9 * 4 + 1),
    )
story.save()
"""


def chat_of(page: Page) -> str:
    return page.url.rstrip("/").rpartition("/")[2]


def test_earlier_messages_load_above_and_nothing_that_is_read_moves(
    open_page: Opener, site: Site
) -> None:
    page = open_page()
    enter(page)
    site.manage("shell", "-c", FILL.format(pk=chat_of(page), count=75))
    page.reload()
    assert page.locator(".msg").count() == 30
    assert page.evaluate(
        "(() => { const l = document.querySelector('.log'); return l.scrollHeight - l.scrollTop - l.clientHeight; })()"
    ) < 3  # fmt: skip
    held: list[Route] = []
    page.route(re.compile("/earlier/"), lambda route: held.append(route))
    page.evaluate("document.querySelector('.log').scrollTop = 200")
    page.wait_for_timeout(400)  # what comes into view takes its real height first
    page.evaluate(
        """() => {
          window.mark = document.elementFromPoint(800, 450).closest('.msg');
          window.before = mark.getBoundingClientRect().top;
        }"""
    )
    held.pop().continue_()
    page.unroute(re.compile("/earlier/"))
    page.wait_for_function("() => document.querySelectorAll('.msg').length === 60")
    page.wait_for_timeout(200)
    assert abs(page.evaluate("mark.getBoundingClientRect().top - before")) <= 2
    page.evaluate("document.querySelector('.log').scrollTop = 0")
    page.wait_for_function("() => document.querySelectorAll('.msg').length === 76")
    assert page.locator(".front").count() <= 1
    assert (page.locator(".msg .prose").nth(1).text_content() or "").startswith("Line 0 of")


def test_scrolling_up_lets_go_and_the_pill_leads_back(open_page: Opener, site: Site) -> None:
    page = open_page()
    enter(page)
    site.manage("shell", "-c", FILL.format(pk=chat_of(page), count=20))
    page.reload()
    ask(page, "/demo long")
    page.wait_for_function(
        "() => document.querySelector('.msg:last-of-type .prose').innerText.length > 40"
    )
    page.mouse.move(800, 400)
    page.mouse.wheel(0, -600)
    expect(page.locator("[data-js='jump']")).to_be_visible()
    place = page.evaluate("document.querySelector('.log').scrollTop")
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('.log').scrollTop") == place
    page.locator("[data-js='jump']").click()
    expect(page.locator("[data-js='jump']")).to_be_hidden()
    wait_for_end(page)
    assert page.evaluate(
        "(() => { const l = document.querySelector('.log'); return l.scrollHeight - l.scrollTop - l.clientHeight; })()"
    ) < 3  # fmt: skip


def test_a_tool_that_is_asked_for_is_shown_and_answered(open_page: Opener, site: Site) -> None:
    page = open_page()
    enter(page)
    site.manage(
        "shell",
        "-c",
        "from roleplay.conversations.models import Conversation as C; from characters.models import Character\n"
        f"one = C.objects.get(pk='{chat_of(page)}')\n"
        "mei = Character.objects.create(name='Mei', language='en', owner=one.user, tools=["
        "{'id': 'w', 'name': 'weather', 'description': 'Weather', 'parameters': {'type': 'object',"
        " 'properties': {'city': {'type': 'string'}}}}])\n"
        "one.character = mei; one.save()",
    )
    page.reload()
    ask(page, "/demo tools")
    wait_for_end(page)
    assert page.locator(".call__name b").inner_text() == "weather"
    json.loads(page.locator(".call__json").inner_text())
    page.locator(".call__answer textarea").fill("18 degrees")
    page.locator(".call__answer button").click()
    page.wait_for_selector(BUSY)
    wait_for_end(page)
    expect(page.locator(".msg--me .call__json")).to_have_text("18 degrees")
    expect(page.locator(".call__answer")).to_be_hidden()
    assert len(words(page)) > 5


def test_what_was_sent_can_be_read(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "Hello there")
    wait_for_end(page)
    page.locator(f"{LAST} [data-act='sent']").click()
    page.wait_for_url(re.compile("/sent/"))
    sent: Any = json.loads(page.locator(".sent__json").inner_text())
    assert "Hello there" in json.dumps(sent)


def test_a_copy_carries_the_label(open_page: Opener) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    enter(page)
    ask(page, "Hello there")
    wait_for_end(page)
    page.locator(f"{LAST} [data-act='copy']").click()
    page.wait_for_selector("[data-done]")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("· AI-generated")
    assert copied.startswith(words(page).split("\n")[0])


def test_a_screen_reader_hears_the_start_and_the_whole_reply_once(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.evaluate(
        """() => {
          window.heard = [];
          const speaker = document.querySelector('[data-js="speaker"]');
          new MutationObserver(() => heard.push(speaker.textContent)).observe(speaker, {childList: true});
        }"""
    )
    ask(page, "Hello there")
    wait_for_end(page)
    page.wait_for_timeout(1200)
    heard = page.evaluate("heard.join('\\n')")
    assert heard.startswith("海梦 starts writing")
    assert heard.count(words(page).split("\n")[0]) == 1
    log = page.locator(".log")
    assert log.get_attribute("role") == "log"
    assert log.get_attribute("aria-live") == "off"


def test_keys_walk_through_the_messages(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "Hello there")
    wait_for_end(page)
    page.locator(".log").focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('.msg:last-of-type')")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.matches('.msg--me')")
    page.keyboard.press("/")
    expect(page.locator("#say")).to_be_focused()


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE])
def test_axe_finds_nothing_on_the_page_of_a_chat(
    open_page: Opener, viewport: dict[str, int]
) -> None:
    page = open_page(viewport=viewport)
    enter(page)
    for act in ("", "Hello *there* ((slow))", "/demo fail upstream", "/demo long"):
        if act:
            ask(page, act)
            page.wait_for_selector(BUSY)
            if act != "/demo long":
                page.wait_for_selector(BUSY, state="detached")
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    for address in ("/chats/", page.locator("[data-act='sent']").first.get_attribute("href")):
        assert address
        page.goto(address)
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_the_list_of_chats_shows_who_is_writing(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    ask(page, "/demo long")
    page.wait_for_selector(BUSY)
    other = open_page(context=page.context)
    other.goto("/chats/")
    expect(other.locator("main .row__live")).to_have_text("writing…")
    page.locator("#say").press("Escape")
    wait_for_end(page, "stopped")
    other.reload()
    expect(other.locator("main .row__live")).to_have_count(0)


def test_a_chat_is_renamed_and_deleted_only_when_sure(open_page: Opener) -> None:
    page = open_page()
    enter(page)
    page.get_by_role("button", name="More").click()
    page.locator("[data-opens='rename']").click()
    page.locator("#rename input[name='title']").fill("The cape")
    page.locator("#rename button:not([formmethod])").click()
    expect(page.locator(".bar .meta")).to_have_text("The cape")
    page.get_by_role("button", name="More").click()
    page.locator("[data-opens='delete']").click()
    page.locator("#delete button[formmethod]").click()
    expect(page.locator("#delete")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    page.locator("[data-opens='delete']").click()
    page.locator("#delete [data-kind='danger']").click()
    page.wait_for_url(re.compile("/chats/$"))
    expect(page.locator("main .row")).to_have_count(0)


def test_the_first_load_is_small_and_loads_nothing_from_elsewhere(
    open_page: Opener, site: Site
) -> None:
    page = open_page()
    enter(page)
    site.manage("shell", "-c", FILL.format(pk=chat_of(page), count=40))
    fresh = open_page(context=page.context)
    client = fresh.context.new_cdp_session(fresh)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: dict[str, int] = {}
    addresses: dict[str, str] = {}
    client.on("Network.responseReceived", lambda e: addresses.update({e["requestId"]: e["response"]["url"]}))  # fmt: skip
    client.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))  # fmt: skip
    fresh.goto(page.url)
    fresh.wait_for_load_state("networkidle")
    by_address = {addresses[key]: size for key, size in sizes.items() if key in addresses}
    assert all(address.startswith(site.address) for address in by_address)
    counted = {a: size for a, size in by_address.items() if "/media/" not in a}
    assert sum(counted.values()) <= 60_000, counted


def test_one_tap_stops_a_reply_on_a_phone(open_page: Opener) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    enter(page)
    page.locator("#say").fill("/demo slow")
    page.locator("[data-js='send']").tap()
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("[data-js='stop']")).to_be_visible()
    page.locator("[data-js='stop']").tap()
    expect(page.locator(".msg--them[data-state='stopped']")).to_be_visible()


def test_the_chats_row_says_the_last_words_after_a_reload_in_the_middle(
    open_page: Opener,
) -> None:
    page = open_page()
    enter(page)
    say(page, "/demo long")
    expect(page.locator(".msg--them[data-events]")).to_be_visible()
    page.reload()
    expect(page.locator(".row[aria-current] .row__live")).to_be_visible()
    page.locator("[data-js='stop']").click()
    expect(page.locator(".msg--them[data-state='stopped']")).to_be_visible()
    expect(page.locator(".row[aria-current] .row__live")).to_have_count(0)
    shown = page.locator(".row[aria-current] .row__sub").inner_text()
    assert page.locator(".msg--them .prose").last.inner_text().startswith(shown[:10])
