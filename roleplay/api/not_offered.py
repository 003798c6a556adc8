"""What the platform has and this site does not: knowledge bases, file conversion, workflows.

Each answers with the documented error shape, which every client turns into its own exception.
"""

from typing import NoReturn

from django.utils.translation import gettext_noop as _

from roleplay.api.door import Call
from roleplay.api.errors import NotOffered
from roleplay.api.route import Route


def knowledge_base(call: Call) -> NoReturn:
    """There is nowhere to keep files for a character to read."""
    raise NotOffered("this site keeps no knowledge bases; put what counts into the character")


def conversion(call: Call) -> NoReturn:
    """Nothing is fetched from addresses that callers name."""
    raise NotOffered("this site converts no files")


def workflow(call: Call) -> NoReturn:
    """Workflows are made on the vendor's platform alone."""
    raise NotOffered("this site runs no workflows; use chat/send")


_BASES = {
    "create": "create",
    "update": "update",
    "search": "search",
    "delete": "delete",
    "detail/upload": "detail-upload",
    "detail/update": "detail-update",
    "detail/search": "detail-search",
    "detail/delete": "detail-delete",
}

ROUTES = [
    *(
        Route(
            f"knowledge_base/{path}",
            knowledge_base,
            scope="chat",
            service=f"aca-kb-{name}",
            summary=_("Not offered: knowledge bases"),
            methods=("POST", "PUT", "DELETE"),
        )
        for path, name in _BASES.items()
    ),
    Route(
        "common/file/asyn/upload",
        conversion,
        scope="chat",
        service="aca-doc-converter-submit",
        summary=_("Not offered: file conversion"),
    ),
    Route(
        "common/file/asyn/download",
        conversion,
        scope="chat",
        service="aca-doc-converter-result",
        summary=_("Not offered: file conversion"),
        methods=("GET",),
    ),
    Route(
        "chatFlow/send",
        workflow,
        scope="chat",
        service="aca-flow-chat-send",
        summary=_("Not offered: workflow assistants"),
        stream="header",
    ),
]
