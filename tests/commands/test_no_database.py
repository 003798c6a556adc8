"""A command where there is no site yet: one sentence instead of a traceback."""

import os
import subprocess
import sys

import pytest

from tests.doubles.site import ROOT


def manage(data_dir, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ["create_api_key", "alice"],
        ["revoke_api_key", "1"],
        ["create_admin", "--random-password"],
        ["test_connection", "Main"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_names_the_directory_it_looked_in(tmp_path, words):
    done = manage(tmp_path, *words)
    told = (
        f"There is no site in DATA_DIR={tmp_path} yet: start its server once, or run"
        " `manage.py migrate`. Commands need the same DATA_DIR as the server.\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_whoever_asks_for_the_traceback_gets_it(tmp_path):
    done = manage(tmp_path, "create_api_key", "alice", "--traceback")
    assert done.returncode == 1
    assert "OperationalError: no such table" in done.stderr


def test_a_database_that_cannot_be_opened_is_told_of_too(tmp_path):
    (tmp_path / "lamplight.sqlite3").mkdir()
    found = [path.name for path in tmp_path.iterdir()]
    done = manage(tmp_path, "create_api_key", "alice")
    assert found == ["lamplight.sqlite3"]
    assert done.stderr.startswith(f"There is no site in DATA_DIR={tmp_path} yet: ")
    assert done.returncode == 1
