"""Looking for a model server on this machine."""

import http.server
import json
import threading

import pytest

from roleplay.front.local_models import LocalServer, find_local


@pytest.fixture
def serve():
    """Starts a server that answers /v1/models with these bytes."""
    running = []

    def start(body, status=200):
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status if self.path == "/v1/models" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server.server_port

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def models(*names):
    return json.dumps({"object": "list", "data": [{"id": name} for name in names]}).encode()


def test_a_server_that_lists_models_is_found(serve):
    port = serve(models("qwen3:8b", "llama3"))
    assert find_local([port]) == LocalServer(
        f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/v1", ("qwen3:8b", "llama3")
    )


def test_a_closed_door_is_passed_by(serve):
    port = serve(models("qwen3:8b"))
    found = find_local([1, port])
    assert found is not None
    assert found.base_url == f"http://127.0.0.1:{port}/v1"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"data": null}', b'{"data": [{"name": 1}]}', b"\xff", b"{}"]
)
def test_another_kind_of_server_is_none_of_ours(serve, body):
    assert find_local([serve(body)]) is None


def test_a_server_that_refuses_is_passed_by(serve):
    assert find_local([serve(models("qwen3:8b"), status=401)]) is None


def test_a_list_without_models_is_nothing_to_choose(serve):
    assert find_local([serve(models())]) is None


def test_our_own_port_is_not_asked(serve):
    port = serve(models("qwen3:8b"))
    assert find_local([port], skip=port) is None
