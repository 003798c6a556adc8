"""Static files, answered before Django: a file needs no session, no middleware, no database."""

import re
from typing import Any

from django.conf import settings
from whitenoise import WhiteNoise

# What the manifest storage puts into a name: the file behind such an address never changes.
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
MINUTE = 60


def collected_files(application: Any = None) -> WhiteNoise:
    """The collected files in front of a WSGI application; everything else goes on to it."""
    files = WhiteNoise(
        application,
        max_age=MINUTE,
        allow_all_origins=False,
        add_headers_function=_plain_type,
        immutable_file_test=lambda path, url: bool(HASHED.search(url)),
    )
    files.add_files(str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
    return files


class StaticFiles:
    """The same files for an ASGI server. They are small and in the system's cache: no thread needed."""

    def __init__(self) -> None:
        self._files = collected_files().files

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = self._files.get(scope["path"])
        if found is None or scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405 if found else 404, [("Content-Length", "0")], b"")
            return
        response = found.get_response(scope["method"], _wsgi_headers(scope))
        body = b""
        if response.file is not None:
            with response.file as file:
                body = file.read()
        await _send(send, int(response.status), response.headers, body)


def _wsgi_headers(scope: Any) -> dict[str, str]:
    """Request headers under the names that WhiteNoise looks for."""
    return {
        "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
        for name, value in scope["headers"]
    }


async def _send(send: Any, status: int, headers: Any, body: bytes) -> None:
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    # One message: a browser that has all bytes may send its next request at once.
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _plain_type(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
