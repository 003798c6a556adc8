"""Every route of ours: looking writes nothing, strangers find nothing, and no door lacks its guard.

The table is compared with the URL list: a route that is missing here fails the test.
"""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from roleplay.conversations.models import Generation

# Routes of one person's own things: what must not be found by another.
OWN = {
    "chat": "story",
    "earlier": "story",
    "create_message": "story",
    "save_draft": "story",
    "choose_persona": "story",
    "rename_chat": "story",
    "delete_chat": "story",
    "regenerate": "message",
    "continue_reply": "message",
    "select_swipe": "message",
    "answer_tool": "message",
    "sent": "message",
    "reply": "reply",
    "reply_events": "reply",
    "stop_reply": "reply",
    "export_chat": "story",
    "transcript": "story",
}
READ = {"chat", "earlier", "sent", "reply", "reply_events", "export_chat", "transcript"}

# What comes in belongs to nobody yet, or waits where only its owner finds it.
IMPORT = {"import_chats", "check_import"}


@pytest.fixture
def things(story):
    """What Alice owns, by the word used in the table."""
    message = story.messages.create(role="assistant", parent=story.head, text="Once.")
    ended = {"status": "done", "finished": timezone.now()}
    reply = Generation.objects.create(
        conversation=story, message=message, send_key="press-0001", **ended
    )
    return {"story": story.pk, "message": message.pk, "reply": reply.key}


def our_routes(resolver: URLResolver, ours: bool = True) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            module = str(getattr(pattern.urlconf_name, "__name__", pattern.urlconf_name))
            yield from our_routes(pattern, ours and "roleplay.conversations" in module)
        elif isinstance(pattern, URLPattern) and ours and pattern.name:
            yield pattern.name


def test_the_table_names_every_route_of_the_chats():
    routes = {
        name
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLResolver)
        for name in our_routes(pattern, "roleplay.conversations" in str(pattern.urlconf_name))
    }
    assert routes == set(OWN) | {"chats", "program_chats", "start_chat", "search_chats", *IMPORT}


@pytest.mark.parametrize("route", sorted(OWN))
def test_what_is_alices_is_not_there_for_bob(route, things, bobs_browser):
    address = reverse(route, args=[things[OWN[route]]])
    ask = bobs_browser.get if route in READ else bobs_browser.post
    fields = {"send_key": "press-0002", "text": "x", "title": "x", "persona": "1"}
    assert ask(address, fields).status_code == 404


@pytest.mark.parametrize("route", sorted(set(OWN) - {"reply_events"}))
def test_a_stranger_is_asked_to_sign_in(route, things, client):
    address = reverse(route, args=[things[OWN[route]]])
    answer = client.get(address) if route in READ else client.post(address)
    assert answer.status_code in (302, 401)
    assert answer.status_code == 401 or "/accounts/login/" in answer.headers["Location"]


def test_a_stranger_reads_no_stream(things, client):
    assert client.get(reverse("reply_events", args=[things["reply"]])).status_code == 404


@pytest.mark.parametrize("route", sorted(set(OWN) - READ))
def test_nothing_is_done_by_looking(route, things, alices_browser):
    answer = alices_browser.get(reverse(route, args=[things[OWN[route]]]))
    assert answer.status_code == 405


@pytest.mark.parametrize("route", sorted(set(OWN) - READ))
def test_nothing_is_done_without_the_forms_token(route, things, alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    answer = strict.post(reverse(route, args=[things[OWN[route]]]), {"text": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "route",
    [
        *sorted(READ),
        "chats",
        "program_chats",
        "import_chats",
        "search_chats",
        "home",
        "personas",
        "preferences",
    ],
)
def test_looking_writes_nothing(route, things, alices_browser):
    args = [things[OWN[route]]] if route in OWN else []
    asked = {"earlier": {"before": things["message"]}, "search_chats": {"q": "Once Mei"}}
    words = asked.get(route, {})
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
    try:
        answer = alices_browser.get(reverse(route, args=args), words)
        assert answer.status_code == 200
        if answer.streaming:
            b"".join(answer.streaming_content)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")


@pytest.mark.parametrize("path", ["/", "/chats/", "/accounts/login/", "/none"])
def test_another_host_name_is_refused(path, client):
    assert client.get(path, headers={"Host": "evil.test"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/none", "/chats/", "/admin/login/"])
def test_every_page_carries_the_strict_policy(path, alices_browser):
    headers = alices_browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy and "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
