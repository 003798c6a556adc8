"""The whole application as a process of its own, started the way a person starts it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent.parent
# Built once and used by every site of a test run: compressing takes seconds.
STATIC = Path(tempfile.gettempdir()) / f"lamplight-static-{os.getuid()}"
ADDRESS = re.compile(r"http://\S+/")


class Site:
    """`manage.py serve` on a free port and a data directory of its own.

    `environment` adds to the process environment. `address` ends without a slash.
    """

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        kept = {k: v for k, v in os.environ.items() if k not in ("DEMO_PACE", "HOST", "PORT")}
        own = {"DATA_DIR": str(data_dir), "STATIC_ROOT": str(STATIC), "PORT": "0"}
        self.environment = {**kept, **own, **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.log = data_dir / "server.log"

    def manage(self, *words: str, **environment: str) -> str:
        """Run a command of manage.py and give what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={**self.environment, **environment},
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, seconds: float = 60) -> "Site":
        said_before = len(self.said())
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + seconds
        while not (found := ADDRESS.search(self.said(), said_before)):
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.02)
        # The same port after a restart, so that an open page finds its server again.
        self.address = found[0].rstrip("/")
        self.environment["PORT"] = self.address.rpartition(":")[2]
        self._answering(deadline)
        return self

    def said(self) -> str:
        """Everything the server printed or logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """As the kernel does: no word, no time."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As a service manager does; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, sig: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(sig)
        code = self.process.wait(40)
        self.process = None
        return code

    def _answering(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                httpx.get(self.address + "/accounts/login/", timeout=5, trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError(self.said())

    def __enter__(self) -> "Site":
        return self.start()

    def __exit__(self, *_: Any) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
