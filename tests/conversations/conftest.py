"""Replies run in a thread of their own here, with a connection of its own: real transactions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from roleplay.conversations import replying
from roleplay.conversations.models import Conversation, Generation


@pytest.fixture(autouse=True)
def real_transactions(transactional_db: None) -> Iterator[None]:
    yield
    # Nothing may still be written while the next test empties the tables.
    for generation in Generation.objects.running():
        replying.stop_reply(generation)
        to_the_end(generation)


@pytest.fixture
def sends(alices_browser: Client) -> Callable[..., Any]:
    """Alice sends words in a chat; gives the response."""
    count = iter(range(10_000))

    def send(story: Conversation, text: str, **fields: Any) -> Any:
        story.refresh_from_db()
        fields = {"send_key": f"press-{next(count):04}", "head": story.head_id, **fields}
        return alices_browser.post(
            reverse("create_message", args=[story.pk]), {"text": text, **fields}
        )

    return send


def to_the_end(generation: Generation) -> Generation:
    """Read the reply's events until it ends, and give it as it was stored."""
    for _events in replying.listen(generation, 0):
        pass
    generation.refresh_from_db()
    return generation


def the_reply(story: Conversation) -> Generation:
    return to_the_end(story.generations.latest("pk"))


def texts(story: Conversation) -> list[tuple[str, str]]:
    return [(m.role, m.text) for m in Conversation.objects.get(pk=story.pk).thread()]
