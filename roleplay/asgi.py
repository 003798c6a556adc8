"""The door for the ASGI server: static files, Django, and the beginning and end of the process."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")
django.setup(set_prefix=False)

# Django must be set up before these are read.
from django.conf import settings  # noqa: E402

from roleplay.api.too_large import too_large  # noqa: E402
from roleplay.serving.body_limit import BodyLimit  # noqa: E402
from roleplay.serving.life import begin_life, end_life  # noqa: E402
from roleplay.serving.pooled import PooledHandler  # noqa: E402
from roleplay.serving.static_files import StaticFiles  # noqa: E402

django_application = BodyLimit(PooledHandler(settings.PAGE_THREADS), refusal=too_large)
static_application = StaticFiles()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(settings.STATIC_URL):
        await static_application(scope, receive, send)
    elif scope["type"] == "http":
        await django_application(scope, receive, send)


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await begin_life()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await end_life()
            await send({"type": "lifespan.shutdown.complete"})
            return
