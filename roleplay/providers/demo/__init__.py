"""The demo engine: answers offline with prepared lines and the character's own card.

No model stands behind it, and it says so when asked. It asks for a tool where the person's words
fit one, and does the tasks of prompting.tasks by quoting what it was given. It is there so that the
whole interface can be walked through before any service is connected, failures included: `/demo` in
a message lists them.
"""

from roleplay.providers.demo.engine import DemoProvider

__all__ = ["DemoProvider"]
