"""The one-time code that lets whoever started the server make the first administrator.

It lies in DATA_DIR/setup-code, readable by the server's user alone, and is printed when the server
starts. Taking the file away is what spends the code: of many who try at once, one succeeds.
"""

import os
import secrets
from pathlib import Path

from django.conf import settings

from roleplay.accounts.models import User

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike


def needed() -> bool:
    """Whether the site still has no administrator."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def offer() -> str | None:
    """The code to print at start, made if there is none yet; None once there is an administrator."""
    if not needed():
        _path().unlink(missing_ok=True)
        return None
    if not _bare(_kept()):
        _path().unlink(missing_ok=True)  # cut short by a crash
    _write(_new_code())
    return _kept().strip()


def is_right(code: str) -> bool:
    """Whether this is the code of this site, in any case and with or without its dashes."""
    known = _bare(_kept())
    return bool(known) and secrets.compare_digest(known, _bare(code))


def spend(code: str) -> bool:
    """Use the code up. True for one caller only, and only while it is right and still needed."""
    if not (is_right(code) and needed()):
        return False
    try:
        _path().unlink()
    except FileNotFoundError:
        return False
    return True


def put_back(code: str) -> None:
    """Make a spent code good again, when nothing came of it."""
    _write(code)


def _path() -> Path:
    return Path(settings.DATA_DIR) / "setup-code"


def _kept() -> str:
    try:
        return _path().read_text()
    except FileNotFoundError:
        return ""


def _new_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _bare(code: str) -> bytes:
    return "".join(letter for letter in code.upper() if letter.isalnum()).encode()


def _write(code: str) -> None:
    """Nothing happens where there is a code already."""
    try:
        descriptor = os.open(_path(), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(code + "\n")
