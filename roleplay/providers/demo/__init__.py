"""The demo engine: answers offline with prepared lines and the character's own card.

No model stands behind it, and it says so when asked. It is there so that the whole interface can be
walked through before any service is connected, failures included: `/demo` in a message lists them.
"""

from roleplay.providers.demo.engine import DemoProvider

__all__ = ["DemoProvider"]
