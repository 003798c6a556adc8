"""A file on its way to a browser."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

IN_MEMORY = 1 << 20
PART = 1 << 16


class Download(StreamingHttpResponse):
    """Text in parts as a file of this name.

    It is written down whole first, on disk where it is long: whoever reads slowly holds no thread
    and no database, and its length is known. Then it goes out in the colour the server wants.
    """

    def __init__(
        self, request: HttpRequest, parts: Iterable[str], name: str, content_type: str
    ) -> None:
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        for part in parts:
            file.write(part.encode())
        length = file.tell()
        file.seek(0)
        chosen: Any = _later if isinstance(request, ASGIRequest) else _now
        super().__init__(chosen(file), content_type=content_type)
        self._file = file
        self["Content-Length"] = str(length)
        self["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        self["Cache-Control"] = "no-store"
        self["X-Content-Type-Options"] = "nosniff"

    def close(self) -> None:
        super().close()
        self._file.close()


def _now(file: Any) -> Iterator[bytes]:
    while part := file.read(PART):
        yield part


async def _later(file: Any) -> AsyncIterator[bytes]:
    while part := file.read(PART):
        yield part
