"""Characters over the API: the same ones that stand on their owner's shelf in the browser.

`finding` says which one is meant and who may touch it, `sheets` puts the vendor's fields into our
columns and back, `calls` does what is asked.
"""

from roleplay.api.characters.calls import ROUTES as ROUTES
