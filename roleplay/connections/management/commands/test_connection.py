"""manage.py test_connection NAME"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from roleplay.connections.models import Connection
from roleplay.probing import words
from roleplay.probing.probe import STEPS, Step
from roleplay.probing.running import steps_of


class Command(BaseCommand):
    help = (
        "Tries a connection out in five steps: reachable, key, model, replies, streams. "
        "Ends with 1 if one of them failed. Asks for one short reply."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        connection = Connection.objects.filter(name=options["name"]).first()
        if connection is None:
            raise CommandError(f"There is no connection {options['name']!r}. {_known()}")
        untried, failed = list(STEPS), False
        for step in steps_of(connection):
            untried.remove(step.name)
            failed = failed or step.state == "failed"
            self._tell(step)
        for name in untried:
            self._tell(Step(name))
        if failed:
            sys.exit(1)

    def _tell(self, step: Step) -> None:
        told = [words.time_of(step), words.cause_of(step)]
        if step.said:
            told.append(f"“{' '.join(step.said.split())}”")
        line = f"{step.name:<10} {step.state:<8} {'  '.join(part for part in told if part)}"
        self.stdout.write(line.rstrip())
        self.stdout.flush()


def _known() -> str:
    names = list(Connection.objects.values_list("name", flat=True))
    return f"Known are: {', '.join(names)}." if names else "There are none yet: see add_connection."
