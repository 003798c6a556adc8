#!/usr/bin/env python
"""The usual door: every command of the project goes through here."""

import os
import sys

NO_SITE = ("no such table", "unable to open database file")  # SQLite's words for it


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv or not str(error).startswith(NO_SITE):
            raise
        sys.exit(no_site())


def no_site() -> str:
    from django.conf import settings

    return (
        f"There is no site in DATA_DIR={settings.DATA_DIR} yet: start its server once, or run"
        " `manage.py migrate`. Commands need the same DATA_DIR as the server."
    )


if __name__ == "__main__":
    main()
