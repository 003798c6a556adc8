"""The whole application as a program meets it: an address and a key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.site import Site

# Quick, and slow enough that a reply of 600 pieces can be stopped in the middle.
PACE = "150"
WRONG_KEY = "lm-" + "0" * 43


@dataclass(frozen=True)
class Served:
    """A running site and a key of its administrator."""

    site: Site
    key: str

    @property
    def address(self) -> str:
        return self.site.address


@contextmanager
def served(data_dir: Path, **environment: str) -> Iterator[Served]:
    """A site with the demo engine. `environment` adds to its process environment."""
    with Site(data_dir, **{"DEMO_PACE": PACE, **environment}) as site:
        site.manage("create_admin", "--username", "keeper", "--random-password")
        yield Served(site, site.manage("create_api_key", "keeper").strip())
