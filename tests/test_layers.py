"""The drawing in docs/architecture.md, read from the import statements.

Each room names what it may look at among our own rooms; everything else is a mistake in the drawing.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = {"roleplay.text", "roleplay.fields"}
VALUES = "roleplay.providers.base"

# A module is judged by the longest name in this table that it starts with.
MAY_LOOK_AT = {
    "roleplay.text": set(),
    "roleplay.nesting": set(),
    "roleplay.fields": SHARED,
    "roleplay.environment": set(),
    "roleplay.providers": {"roleplay.providers", "roleplay.text", "roleplay.nesting"},
    "roleplay.streaming": {"roleplay.streaming", VALUES},
    "roleplay.prompting": {"roleplay.prompting", VALUES, "roleplay.text"},
    "roleplay.pictures": set(),
    "roleplay.accounts": {"roleplay.accounts", "roleplay.pictures", "roleplay.http", *SHARED},
    "characters": {"characters", "roleplay.pictures", "roleplay.http", *SHARED},
    "roleplay.connections": {"roleplay.connections", *SHARED},
    "roleplay.conversations.models": {
        "roleplay.accounts.models",
        "roleplay.connections.models",
        "characters.models",
        *SHARED,
    },
    "roleplay.conversations.keeping": {
        "roleplay.accounts.quota",
        "roleplay.conversations.models",
        "roleplay.prompting.budget",
        "roleplay.streaming.reply",
    },
    "roleplay.conversations.archive": {
        "roleplay.conversations",
        "roleplay.accounts.models",
        "roleplay.connections",
        "characters",
        "roleplay.pictures",
        *SHARED,
    },
    "roleplay.conversations.transcripts": {
        "roleplay.conversations.transcripts",
        "roleplay.conversations.archive",  # the shapes of rows
        "roleplay.conversations.models",
        "roleplay.accounts.models",
        "roleplay.prompting.placeholders",
        "characters.models",
        *SHARED,
    },
    "roleplay.searching": {"roleplay.searching", "roleplay.conversations.models"},
    "roleplay.searching.shadow": set(),
    "roleplay.searching.query": {"roleplay.searching.shadow"},
    "roleplay.searching.marking": {"roleplay.searching.query", "roleplay.searching.shadow"},
    "roleplay.searching.installing": {"roleplay.searching.shadow"},
    # Meetings: what stands above the rooms it brings together, and below the surfaces.
    "roleplay.wiring": {
        "roleplay.connections.models",
        "roleplay.conversations.keeping",
        "roleplay.providers",
        "roleplay.streaming",
    },
    "roleplay.probing": {
        "roleplay.probing",
        "roleplay.wiring",
        "roleplay.providers",
        "roleplay.prompting",
        "roleplay.connections.models",
    },
    # The surface that programs use: it may tell what a call says in the values of the craft, and
    # hands everything that is to happen to `replying`.
    "roleplay.api": {
        "roleplay.api",
        "roleplay.accounts",
        "roleplay.conversations.models",
        "roleplay.conversations.replying",
        "roleplay.http",
        "roleplay.prompting",
        VALUES,
        "roleplay.streaming.events",
        "roleplay.streaming.runner",  # its refusals: Full, Draining
        "roleplay.nesting",
        "roleplay.text",
        "characters",
    },
    "roleplay.panel.fields": SHARED,
    "roleplay.conversations.views": {
        "roleplay.conversations",
        "roleplay.searching.around",
        "roleplay.http",
        "characters.models",
    },
}
SURFACES = (".admin", ".admin_forms", ".forms", ".views", ".urls", ".acts", ".apps")
NO_DJANGO = (
    "roleplay.providers",
    "roleplay.streaming",
    "roleplay.prompting",
    "roleplay.text",
    "roleplay.nesting",
    "roleplay.searching.shadow",
    "roleplay.searching.query",
    "roleplay.searching.marking",
)


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("roleplay", "characters"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                yield ".".join(part for part in parts if part != "__init__"), path


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from roleplay import wiring` looks at the module, not at the package.
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def is_craft(module: str) -> bool:
    return any(within(module, room) for room in NO_DJANGO)


def rule_for(module: str) -> set[str] | None:
    if module.endswith(SURFACES) or ".management" in module:
        rooms = [room for room in MAY_LOOK_AT if room == module]
    else:
        rooms = [room for room in MAY_LOOK_AT if within(module, room)]
    return MAY_LOOK_AT[max(rooms, key=len)] if rooms else None


@pytest.mark.parametrize(("module", "path"), [m for m in modules() if rule_for(m[0]) is not None])
def test_imports_only_go_down(module, path):
    allowed = rule_for(module)
    ours = {
        name for name in imports(path) if within(name, "roleplay") or within(name, "characters")
    }
    strangers = {name for name in ours if not any(within(name, room) for room in allowed)}
    assert strangers == set()


@pytest.mark.parametrize(("module", "path"), [m for m in modules() if is_craft(m[0])])
def test_the_craft_knows_no_django(module, path):
    assert {name for name in imports(path) if within(name, "django")} == set()


@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_only_the_wire_speaks_http(library):
    speakers = {m for m, path in modules() if any(within(n, library) for n in imports(path))}
    assert {m for m in speakers if not within(m, "roleplay.providers")} == set()
