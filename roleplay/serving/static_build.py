"""Builds the static files once for each state of their sources."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def build_static() -> bool:
    """Collect, hash and compress the files; False when the last build is still right."""
    mark = Path(settings.STATIC_ROOT) / ".built-from"
    state = _state()
    with (Path(settings.STATIC_ROOT) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes may start at once
        if mark.exists() and mark.read_text() == state:
            return False
        call_command("collectstatic", interactive=False, verbosity=0, clear=False)
        mark.write_text(state)
    return True


def _state() -> str:
    """A digest of every source file's name, size and time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
