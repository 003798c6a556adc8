"""The path that is shown as one page of HTML: no scripts, nothing from elsewhere, all text escaped."""

import json
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.translation import get_language

from roleplay.conversations.models import Message
from roleplay.conversations.transcripts.labels import Label, label_of
from roleplay.conversations.transcripts.moments import iso, to_read
from roleplay.conversations.transcripts.plain import heading, speaker
from roleplay.conversations.transcripts.story import Story
from roleplay.text import language_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light dark; }
body { max-width: 42rem; margin: 0 auto; padding: 2rem 1.25rem; font: 1rem/1.75 Georgia,
  "Songti SC", "Noto Serif CJK SC", serif; overflow-wrap: anywhere; }
.label { border-inline-start: 3px solid; padding-inline-start: .9rem; font-weight: 600; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; font-size: .875rem; }
dd { margin: 0; }
article { margin-block: 1.5rem; }
article p, .scene { white-space: pre-wrap; margin: .25rem 0 0; }
.user { border-inline-start: 2px solid color-mix(in srgb, currentColor 30%, transparent);
  padding-inline-start: 1rem; }
time { font-size: .8125rem; opacity: .75; margin-inline-start: .6em; }
"""


def write(story: Story) -> Iterator[str]:
    label = label_of(story.chat)
    yield _head(story, label)
    if scene := story.scene:
        yield f'<p class="scene"{_lang(scene)}>{escape(scene)}</p>\n<hr>\n'
    for told in story.told():
        yield _article(told.message, story)
    yield f'<hr>\n<p class="label">{escape(label.notice)}</p>\n</body>\n</html>\n'


def _head(story: Story, label: Label) -> str:
    title = escape(heading(story))
    language = "en" if (get_language() or "").startswith("en") else "zh-Hans"
    mark = escape(json.dumps(label.mark, ensure_ascii=False))
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n" for name, value in label.facts
    )
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="AIGC" content="{mark}">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="label">{escape(label.notice)}</p>\n<dl>\n{facts}</dl>\n<hr>\n'
    )


def _article(message: Message, story: Story) -> str:
    time = f'<time datetime="{iso(message.created)}">{to_read(message.created)}</time>'
    return (
        f'<article class="{message.role}"><b>{escape(speaker(message, story))}</b>{time}'
        f"<p{_lang(message.text)}>{escape(message.text)}</p></article>\n"
    )


def _lang(text: str) -> str:
    found = language_of(text)
    return f' lang="{found}"' if found else ""
