"""How deep a value that came as JSON goes, told without following it all the way down."""

from typing import Any


def deeper_than(value: Any, levels: int) -> bool:
    """Whether lists and objects stand in each other more than so many times."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True
