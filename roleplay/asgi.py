"""The door for the ASGI server: Django, and the beginning and end of the process."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")

django_application = get_asgi_application()

from roleplay.life import begin_life, end_life  # noqa: E402 (Django must be set up first)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
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
