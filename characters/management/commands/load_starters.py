from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from characters.starters import load_starters


class Command(BaseCommand):
    help = (
        "Makes the starter characters that are missing. Those already there are left as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--refresh",
            action="store_true",
            help="also write the texts and pictures of those already there anew, over any edits",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_starters(refresh=options["refresh"])
        for character in loaded:
            self.stdout.write(f"{character.key}: {character.name}")
        if not loaded:
            self.stdout.write("All starter characters are there.")
