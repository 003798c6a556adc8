"""Who is told of the model servers beside this one: whoever sits at this very machine."""

import http.server
import json
import threading

import pytest
from django.core.cache import cache

from roleplay.accounts import setup_code
from roleplay.front import local_models

MODEL = "qwen3:8b"


@pytest.fixture
def asked(monkeypatch):
    """A model server at the one port that is looked at; gives the paths it was asked for."""
    paths = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": [{"id": MODEL}]}).encode())

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # The known ports are the machine's own; a test looks at its own door instead.
    monkeypatch.setattr(local_models.find_local, "__defaults__", ([server.server_port], None))
    yield paths
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def fresh_site(db, settings, tmp_path):
    settings.DATA_DIR, settings.IS_LOCAL = tmp_path, True
    setup_code.offer()
    cache.clear()
    yield
    cache.clear()


def page_for(client, address):
    answer = client.get("/first-run/", REMOTE_ADDR=address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_who_sits_at_the_machine_is_offered_the_server_beside_us(client, asked, address):
    assert MODEL in page_for(client, address)


def test_a_stranger_is_told_nothing_and_nobody_is_asked(client, asked):
    assert MODEL not in page_for(client, "203.0.113.9")
    assert asked == []


def test_a_stranger_is_not_told_what_was_found_for_another(client, asked):
    page_for(client, "127.0.0.1")
    assert MODEL not in page_for(client, "203.0.113.9")


def test_a_site_for_others_looks_at_no_port_even_through_its_own_proxy(client, asked, settings):
    settings.IS_LOCAL = False
    assert MODEL not in page_for(client, "127.0.0.1")
    assert asked == []


def test_reloading_does_not_look_again_at_once(client, asked):
    for _ in range(5):
        assert MODEL in page_for(client, "127.0.0.1")
    assert asked == ["/v1/models"]


def test_finding_nobody_is_remembered_too(client, asked, monkeypatch):
    monkeypatch.setattr(local_models, "MOST_BYTES", 1)
    for _ in range(3):
        page_for(client, "127.0.0.1")
    assert asked == ["/v1/models"]
