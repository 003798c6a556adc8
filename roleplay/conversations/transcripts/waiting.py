"""A file between the look at it and the word that it may come in: on disk, one person's, an hour long.

Every process of a site that shares its data directory finds it. Names are ours, never the file's.
"""

import os
import time
import zlib
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from roleplay.accounts.models import User
from roleplay.conversations.transcripts import MOST_BYTES

SECONDS = 60 * 60
EACH = 3  # files of one person at a time; the oldest goes


def keep(user: User, data: bytes) -> UUID:
    """The name under which this person finds it again."""
    room = _room(user)
    room.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear_old()
    for path in _newest_first(room)[EACH - 1 :]:
        path.unlink(missing_ok=True)
    name = uuid4()
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    with os.fdopen(os.open(room / name.hex, flags, 0o600), "wb") as file:
        file.write(zlib.compress(data, 1))
    return name


def kept(user: User, name: UUID) -> bytes | None:
    """What was kept; None once the hour is over, and for everybody else's."""
    path = _room(user) / name.hex
    try:
        if path.stat().st_mtime < time.time() - SECONDS:
            return None
        unpacking = zlib.decompressobj()
        return unpacking.decompress(path.read_bytes(), MOST_BYTES)
    except (OSError, zlib.error):
        return None


def let_go(user: User, name: UUID) -> bool:
    """Forget it. False where another press of the button has done so before."""
    try:
        (_room(user) / name.hex).unlink()
    except FileNotFoundError:
        return False
    return True


def _house() -> Path:
    return Path(settings.DATA_DIR) / "waiting"


def _room(user: User) -> Path:
    return _house() / str(user.pk)


def _newest_first(room: Path) -> list[Path]:
    return sorted(room.iterdir(), key=_age)


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _clear_old() -> None:
    """Whatever nobody came back for, of anybody."""
    for path in _house().glob("*/*"):
        if -_age(path) < time.time() - SECONDS:
            path.unlink(missing_ok=True)
