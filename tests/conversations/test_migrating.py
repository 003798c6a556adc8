"""The way to the tables that programs need, and back, on a database of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ASKED_ONCE = """
from django.utils import timezone
from roleplay.accounts.models import User
from roleplay.conversations.models import Generation
alice = User.objects.create_user("alice")
Generation.objects.create(user=alice, send_key="x", status="done", finished=timezone.now())
"""


@pytest.fixture
def manage(tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}

    def run(*words):
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_apps_may_be_migrated_one_by_one(manage):
    for app in ("accounts", "characters", "connections", "conversations"):
        manage("migrate", app, "--verbosity", "0")
    assert "[ ]" not in manage("showmigrations", "conversations")


def test_the_way_back_forgets_only_what_has_no_place_there(manage):
    manage("migrate", "--verbosity", "0")
    manage("shell", "--verbosity", "0", "--command", ASKED_ONCE)
    manage("migrate", "conversations", "0001", "--verbosity", "0")
    manage("migrate", "--verbosity", "0")
    count = "from roleplay.conversations.models import Generation as G; print(G.objects.count())"
    assert manage("shell", "--verbosity", "0", "--command", count).strip() == "0"
