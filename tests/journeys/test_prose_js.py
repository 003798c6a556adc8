"""The browser's half of the grammar, in a real browser, by the same vectors as the server's."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from roleplay.conversations.prose import paragraphs

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = json.loads((ROOT / "tests" / "prose_vectors.json").read_text("utf-8"))

READ = """
const parts = (node) => [...node.childNodes].map((one) =>
  one instanceof Text ? one.data : [one.className, ...parts(one)]);
const written = (chunks) => {
  const root = document.createElement('div');
  const writer = new Writer(root);
  for (const chunk of chunks) writer.push(chunk);
  writer.end();
  return root;
};
/* A small generator with a seed, so that a failure can be seen again. */
const dice = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let n = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  n = (n + Math.imul(n ^ (n >>> 7), 61 | n)) ^ n;
  return ((n ^ (n >>> 14)) >>> 0) / 4294967296;
};
const split = (text, roll) => {
  const chunks = [];
  for (let at = 0; at < text.length;) {
    const size = 1 + Math.floor(roll() * roll() * 9);
    chunks.push(text.slice(at, at + size));
    at += size;
  }
  return chunks;
};
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Any:
    page = browser.new_page()
    page.set_content("<!doctype html><meta charset=utf-8><body></body>")
    for name in ("prose", "pen"):
        page.add_script_tag(content=(ROOT / "static" / "js" / f"{name}.js").read_text("utf-8"))
    page.add_script_tag(content=READ)
    yield page
    page.close()


def test_every_vector_is_written_as_it_says(page: Page) -> None:
    shown = page.evaluate("texts => texts.map((t) => parts(written([t])).map((p) => p.slice(1)))",
                          [vector["text"] for vector in VECTORS])  # fmt: skip
    assert shown == [vector["shows"] for vector in VECTORS]


def test_any_split_into_chunks_gives_the_page_of_the_whole(page: Page) -> None:
    wrong = page.evaluate(
        """texts => {
          const roll = dice(7);
          const alphabet = '*(（)）「」『』“”" \\n\\rab你，'.split('');
          const random = Array.from({length: 400}, () =>
            Array.from({length: roll() * 60}, () => alphabet[Math.floor(roll() * alphabet.length)]).join(''));
          return [...texts, ...random].flatMap((text) => {
            const whole = written([text]).innerHTML;
            return Array.from({length: 8}, () => split(text, roll))
              .filter((chunks) => written(chunks).innerHTML !== whole)
              .map((chunks) => [text, chunks]);
          });
        }""",
        [vector["text"] for vector in VECTORS],
    )
    assert wrong == []


def test_the_browser_and_the_server_write_the_same_markup(page: Page) -> None:
    for vector in VECTORS:
        html = render_to_string(
            "conversations/_prose.html", {"paragraphs": paragraphs(vector["text"])}
        )
        same = page.evaluate(
            """([text, html]) => {
              const ours = document.createElement('div');
              ours.innerHTML = html;
              return written([text]).isEqualNode(ours) && ours.innerHTML === written([text]).innerHTML;
            }""",
            [vector["text"], html.strip()],
        )
        assert same, vector["name"]


def test_written_nodes_are_never_taken_away(page: Page) -> None:
    removed = page.evaluate(
        """async texts => {
          const root = document.body.appendChild(document.createElement('div'));
          let removed = 0;
          const watcher = new MutationObserver((all) => {
            for (const one of all) for (const node of one.removedNodes) {
              if (!node.classList?.contains('caret')) removed += 1;
            }
          });
          watcher.observe(root, {childList: true, subtree: true});
          const roll = dice(11);
          for (const text of texts) {
            const writer = new Writer(root);
            await 0;
            removed = 0;
            for (const chunk of split(text, roll)) writer.push(chunk);
            writer.end();
            await 0;
            if (removed) return [text, removed];
          }
          root.remove();
          return removed;
        }""",
        [vector["text"] for vector in VECTORS],
    )
    assert removed == 0


@pytest.mark.parametrize("pace", ["instant", "calm", "whole"])
def test_every_pace_ends_with_the_same_words(page: Page, pace: str) -> None:
    text = "*她愣了半秒。*「诶——你居然记得！」\n“Fog by nine,” he says. *3.14 lamps*\n((慢一点))"
    same = page.evaluate(
        """async ([text, pace]) => {
          const root = document.body.appendChild(document.createElement('div'));
          const pen = new Pen(new Writer(root), pace);
          for (const chunk of split(text, dice(3))) pen.feed(chunk);
          await pen.finish();
          return root.innerHTML === written([text]).innerHTML;
        }""",
        [text, pace],
    )
    assert same


def test_the_whole_pace_shows_nothing_before_the_end(page: Page) -> None:
    shown = page.evaluate(
        """async () => {
          const root = document.body.appendChild(document.createElement('div'));
          const pen = new Pen(new Writer(root), 'whole');
          pen.feed('one two three four');
          for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame);
          const before = root.textContent;
          await pen.finish();
          return [before, root.textContent];
        }"""
    )
    assert shown == ["", "one two three four"]


def test_a_unit_is_what_a_line_cannot_break_inside(page: Page) -> None:
    units = page.evaluate("text => text.match(UNIT)", "「好长。」OK, 3.14 “Hi,” he said……走")
    assert units == ["「好", "长。」", "OK, ", "3.14 ", "“Hi,” ", "he ", "said……", "走"]
