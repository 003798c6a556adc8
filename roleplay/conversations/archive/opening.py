"""Opens an archive and looks at all of it before a row is made."""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from roleplay.conversations.archive import FORMAT, MANIFEST, TABLES, VERSION, BadArchive
from roleplay.text import clean

PICTURE = re.compile(r"media/[0-9a-f]{64}\.webp")
LARGEST_MANIFEST = 64 << 20
LARGEST_LINE = 256 << 20
LARGEST_PICTURE = 10 << 20
PART = 1 << 20
BROKEN = "The file is broken or was cut short: %s."


class Archive:
    """A whole, unaltered archive that this version can read. Raises BadArchive for any other."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise BadArchive(f"There is no file {path}.") from error
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise BadArchive(BROKEN % "it is no ZIP archive, or its end is missing") from error
        self.version = 0
        self._files = self._manifest()
        for name, digest in self._files.items():
            self._check(name, digest)

    def close(self) -> None:
        self._zip.close()

    def rows(self, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line number and row, one line at a time."""
        with self._zip.open(table) as member:
            number = 0
            while line := member.readline(LARGEST_LINE):
                number += 1
                yield number, _object(line, f"{table}, line {number}")

    def picture(self, name: str) -> bytes:
        if name not in self._files or not PICTURE.fullmatch(name):
            raise BadArchive(f"The picture {name!r} is missing.")
        if self._zip.getinfo(name).file_size > LARGEST_PICTURE:
            raise BadArchive(f"The picture {name} is larger than 10 MB.")
        return self._zip.read(name)

    def _manifest(self) -> dict[str, str]:
        try:
            with self._zip.open(MANIFEST) as member:
                found = _object(member.read(LARGEST_MANIFEST), MANIFEST)
        except (KeyError, zipfile.BadZipFile, zlib.error, OSError) as error:
            raise BadArchive("This is not an export of this application.") from error
        self._refuse_strangers(found)
        files = found.get("files")
        names = [name for name in self._zip.namelist() if name != MANIFEST]
        if not isinstance(files, dict) or sorted(names) != sorted(files):
            raise BadArchive(BROKEN % "files are missing or were added")
        unknown = [name for name in names if name not in TABLES and not PICTURE.fullmatch(name)]
        if unknown or not set(TABLES) <= set(names):
            raise BadArchive(BROKEN % "its parts are not those of an export")
        return files

    def _refuse_strangers(self, manifest: dict[str, Any]) -> None:
        version = manifest.get("version")
        if manifest.get("format") != FORMAT or type(version) is not int or version < 1:
            raise BadArchive("This is not an export of this application.")
        if version > VERSION:
            raise BadArchive(
                f"This export was made by a newer version (format {version}, known up to "
                f"{VERSION}). Update this site first."
            )
        self.version = version

    def _check(self, name: str, digest: str) -> None:
        found = hashlib.sha256()
        try:
            with self._zip.open(name) as member:
                while part := member.read(PART):
                    found.update(part)
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError) as error:
            raise BadArchive(BROKEN % name) from error
        if found.hexdigest() != digest:
            raise BadArchive(BROKEN % f"{name} is not what was exported")


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadArchive(f"{where}: this is not JSON.") from error
    if not isinstance(found, dict):
        raise BadArchive(f"{where}: a row has to be an object.")
    cleaned: dict[str, Any] = _cleaned(found)
    return cleaned


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _cleaned(value: Any) -> Any:
    """Every text in it, cleaned as it would be on any other way in."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return value
