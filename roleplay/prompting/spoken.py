"""A turn that was never stored, as the prompt's maker reads messages."""

from roleplay.providers.base import Turn


class Spoken:
    """`build.HasMessage` for a turn."""

    def __init__(self, turn: Turn) -> None:
        self.role = turn.role
        self.text = turn.text
        self.tool_call_id = turn.tool_call_id
        self.tool_calls = [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in turn.tool_calls
        ]
