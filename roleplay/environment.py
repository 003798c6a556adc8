"""Reads the process environment for settings, and refuses nonsense with a sentence that helps."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

N = TypeVar("N", int, float)
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str = "", choices: tuple[str, ...] = ()) -> str:
    value = os.environ.get(name, "").strip() or default
    if choices and value not in choices:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not known. Use one of: {', '.join(choices)}."
        )
    return value


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no. Use 1 or 0.")


def whole(name: str, default: int, least: int = 0, most: int = 2**31) -> int:
    return _number(name, default, least, most, int, "a whole number")


def number(name: str, default: float, least: float = 0, most: float = 1e9) -> float:
    return _number(name, default, least, most, float, "a number")


def _number(name: str, default: N, least: N, most: N, kind: Callable[[str], N], noun: str) -> N:
    value = os.environ.get(name, "").strip()
    try:
        found = kind(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not {noun}.") from None
    if not least <= found <= most:
        raise ImproperlyConfigured(f"{name}={value} must lie between {least} and {most}.")
    return found


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def directory(name: str, default: Path) -> Path:
    """An absolute directory, made if it is missing."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)  # what people wrote is theirs
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}={path} cannot be made ({error.strerror}). Choose a directory that can be written."
        ) from error
    return path


def secret(path: Path) -> str:
    """The secret kept in this file (mode 0600), made on first use."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be written ({error.strerror}). Choose another DATA_DIR."
        ) from error
    value = secrets.token_urlsafe(50)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value
