"""Static files, answered before Django: a file needs no session, no middleware, no database."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from asgiref.wsgi import WsgiToAsgi
from django.conf import settings
from whitenoise import WhiteNoise

# What the manifest storage puts into a name: the file behind such an address never changes.
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
MINUTE = 60


def static_files() -> WhiteNoise:
    """The collected files as a WSGI application of their own; anything else is a plain 404."""
    files = WhiteNoise(
        _not_found,
        max_age=MINUTE,
        allow_all_origins=False,
        add_headers_function=_plain_type,
        immutable_file_test=lambda path, url: bool(HASHED.search(url)),
    )
    files.add_files(str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
    return files


def static_files_asgi() -> Any:
    return WsgiToAsgi(static_files())


def _plain_type(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def _not_found(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]
