"""manage.py import_data FILE [--user NAME]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from roleplay.accounts.audit import record
from roleplay.conversations.archive import BadArchive
from roleplay.conversations.archive.reading import read_archive
from roleplay.conversations.management.commands.export_data import person_of, told


class Command(BaseCommand):
    help = (
        "Takes in what export_data wrote: all of it or, if anything is wrong, nothing. What is "
        "there stays as it is; a person whose name is taken gets another one. Nobody who comes "
        "in this way can sign in before a password is set (manage.py changepassword NAME)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--user", metavar="NAME", help="give it all to this account (one person's export only)"
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        _check_tables()
        try:
            counts = read_archive(options["file"], person_of(options["user"]))
        except BadArchive as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        record(None, "data.imported", options["user"] or "everything")
        self.stdout.write(f"Taken in: {told(counts)}.")


def _check_tables() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(
            "The database isn't ready: run manage.py migrate first, then this again."
        )
