"""manage.py export_data FILE [--user NAME]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from roleplay.accounts.audit import record
from roleplay.accounts.models import User
from roleplay.conversations.archive.writing import write_archive


class Command(BaseCommand):
    help = (
        "Writes people, personas, characters, connections and chats with all their messages and "
        "pictures into one ZIP file. Keys, passwords and the audit log are not part of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", metavar="NAME", help="only what belongs to this person")
        parser.add_argument("--overwrite", action="store_true", help="replace a file of this name")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.exists() and not options["overwrite"]:
            raise CommandError(f"{path} is there already. Choose another name, or --overwrite.")
        try:
            counts = write_archive(path, person_of(options["user"]))
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        record(None, "data.exported", options["user"] or "everything")
        self.stdout.write(f"{path}: {told(counts)}.")


def person_of(username: str | None) -> User | None:
    if username is None:
        return None
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"There is nobody called {username!r}.")
    return person


def told(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
