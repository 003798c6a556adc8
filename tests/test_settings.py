"""Settings: what nothing set gives, what a proxy changes, and how nonsense is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHOW = "from roleplay import settings as s; print(s.GUESTS, s.SIGN_UP, s.SESSION_COOKIE_SECURE)"


def settings(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(tmp_path / "data"), **environment},
        text=True,
        capture_output=True,
        check=False,
    )


def test_nothing_set_is_one_persons_own_machine(tmp_path):
    assert settings(tmp_path).stdout == "True open False\n"


@pytest.mark.parametrize(
    "environment",
    [
        {"ALLOWED_HOSTS": "chat.example.com"},
        {"HTTPS": "1"},
        {"CSRF_TRUSTED_ORIGINS": "https://chat.example.com"},
        {"HOST": "0.0.0.0"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_behind_a_proxy_the_door_is_closed_until_it_is_opened(tmp_path, environment):
    assert settings(tmp_path, **environment).stdout.startswith("False closed")
    assert settings(tmp_path, GUESTS="1", **environment).stdout.startswith("True closed")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "lamp", "PORT='lamp' is not a whole number."),
        ("PORT", "70000", "PORT=70000 must lie between 0 and 65535."),
        ("GUESTS", "maybe", "GUESTS='maybe' is neither yes nor no. Use 1 or 0."),
        ("SIGN_UP", "ajar", "SIGN_UP='ajar' is not known. Use one of: open, closed."),
        ("LEASE_SECONDS", "2", "LEASE_SECONDS=2 must lie between 25 and 1000000000.0."),
        ("DATA_DIR", "/proc/none", "Choose a directory that can be written."),
    ],
)
def test_nonsense_is_refused_with_a_sentence(tmp_path, name, value, words):
    refused = settings(tmp_path, **{name: value})
    assert refused.returncode == 1
    assert words in refused.stderr


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path):
    settings(tmp_path)
    data = tmp_path / "data"
    key = (data / "secret-key").read_text()
    settings(tmp_path)
    assert (data / "secret-key").read_text() == key
    for file in (data / "secret-key", data / "field-key"):
        assert file.stat().st_mode & 0o777 == 0o600
    assert data.stat().st_mode & 0o777 == 0o700
