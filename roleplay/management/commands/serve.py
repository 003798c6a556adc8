"""manage.py serve: bring everything up to date and serve, in one process."""

import asyncio
import fcntl
import os
import signal
import socket
from pathlib import Path
from types import FrameType
from typing import IO, Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from characters.starters import fill_empty_shelf
from roleplay.accounts.setup_code import offer as setup_code
from roleplay.conversations.keeping import close_orphans
from roleplay.serving.life import end_life
from roleplay.serving.static_build import build_static


class Server(uvicorn.Server):
    """Begins to drain at the signal, while pages and streams are still open."""

    leaving: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not handed on to uvicorn, which would end the process by the same signal once it is done.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        # Somebody at a terminal who presses Ctrl C waits for nothing.
        grace = settings.DRAIN_SECONDS if sig == signal.SIGTERM else 0
        if self.leaving is None:
            self.leaving = asyncio.get_running_loop().create_task(end_life(grace))


class Command(BaseCommand):
    help = "Migrates, loads the starter characters where there are none, and serves."

    def handle(self, **options: Any) -> None:
        os.umask(0o077)  # what people wrote is read by nobody else on this machine
        lock = _only_server()
        call_command("migrate", interactive=False, verbosity=0)
        close_orphans(everyone_else_is_dead=True)
        fill_empty_shelf()
        build_static()
        listener = _listener(settings.HOST, settings.PORT)
        self._greet(listener)
        server = Server(_config())
        try:
            server.run(sockets=[listener])
        finally:
            lock.close()

    def _greet(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"灯下 / Lamplight   http://{shown}:{port}/")
        if code := setup_code():
            self.stdout.write(f"Administrator: open /first-run/ and enter the setup code {code}")
        self.stdout.flush()


def _only_server() -> IO[str]:
    """The lock of the data directory: with SQLite, one process owns the running replies."""
    path = Path(settings.DATA_DIR) / "server.lock"
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CommandError(
            f"A server already runs on {settings.DATA_DIR}. Stop it, or choose another DATA_DIR."
        ) from error
    return file


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, accepted connections send small pieces at once (TCP_NODELAY); without
    # it the event loop does not know that it may ask for that, and each delta waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CommandError(
            f"{host}:{port} cannot be used ({os.strerror(error.errno or 0)})."
            " Choose another: PORT=8001 scripts/server"
        ) from error
    listener.listen(2048)
    return listener


def _config() -> uvicorn.Config:
    return uvicorn.Config(
        "roleplay.asgi:application",
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        backlog=2048,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=int(settings.DRAIN_SECONDS) + 5,
    )
