"""Static files under ASGI: what browsers ask for, and nothing else."""

import pytest
from django.conf import settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def files(tmp_path, monkeypatch):
    from roleplay.serving.static_files import StaticFiles

    monkeypatch.setattr(settings, "STATIC_ROOT", tmp_path)
    (tmp_path / "app.0123456789ab.css").write_text("body{}")
    (tmp_path / "app.css").write_text("body{}")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return StaticFiles()


async def get(files, path, method="GET", **headers):
    sent = []

    async def send(message):
        sent.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": lines}
    await files(scope, None, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, sent[1]["body"]


async def test_a_hashed_file_is_kept_for_ever_and_a_plain_one_for_a_minute(files):
    status, headers, body = await get(files, "/static/app.0123456789ab.css")
    assert (status, body) == (200, b"body{}")
    assert "immutable" in headers["cache-control"]
    assert headers["x-content-type-options"] == "nosniff"
    _, headers, _ = await get(files, "/static/app.css")
    assert headers["cache-control"] == "max-age=60, public"


async def test_a_file_that_did_not_change_is_not_sent_again(files):
    _, headers, _ = await get(files, "/static/app.css")
    status, _, body = await get(files, "/static/app.css", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../secret.txt", "/static/"])
async def test_what_was_not_collected_is_not_there(files, path):
    assert (await get(files, path))[0] == 404


async def test_files_are_only_read(files):
    assert (await get(files, "/static/app.css", method="POST"))[0] == 405
