"""A virtual environment for each lock file of clients, made once and used again."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
# In the checkout, so that it is there on the next day; CI may keep it between runs.
PLACE = HERE.parent.parent / ".venv-clients"


class Environment:
    """The Python of one lock file's environment; runs our client programs in it."""

    def __init__(self, name: str) -> None:
        lock = HERE / f"requirements-{name}.txt"
        mark = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
        self.lock, self.folder = lock, PLACE / f"{name}-{mark}"
        self.python = self.folder / "bin" / "python"

    def make(self) -> "Environment":
        """Install it if it is not there. Skips the test where there is nowhere to install from."""
        PLACE.mkdir(exist_ok=True)
        done = self.folder / "complete"
        with _alone(PLACE / f"{self.folder.name}.lock"):
            if not done.exists():
                self._install()
                done.touch()
        return self

    def run(self, program: str, seconds: float = 120, **environment: str) -> dict[str, Any]:
        """What the program told: the outcome of each of its calls, by name."""
        done = subprocess.run(
            [self.python, PROGRAMS / program],
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told = [json.loads(line) for line in done.stdout.splitlines()]
        return {line["call"]: line["outcome"] for line in told}

    def _install(self) -> None:
        steps = (
            [sys.executable, "-m", "venv", "--clear", self.folder],
            [
                *(self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--require-hashes", "--no-deps", "--requirement", self.lock),
            ],
        )
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                missing(f"{self.lock.name} cannot be installed here: {done.stderr.strip()[-500:]}")


def missing(what: str) -> None:
    """A thing these tests need is not there: CI fails, a laptop without a network goes on."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    # Several test processes may want the same environment at once.
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
