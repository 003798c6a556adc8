"""Control of a chat: stop, rating, reminder, reset, and the picture that never comes."""

import uuid

from django.utils.translation import gettext_noop as _

from roleplay.api.dialogues import character_of, dialogue_of
from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam, NotFound
from roleplay.api.route import Route
from roleplay.api.shapes.control import (
    Picture,
    PictureQuery,
    RatingRequest,
    ReminderRequest,
    ResetRequest,
    StopRequest,
)
from roleplay.conversations import replying
from roleplay.conversations.models import Generation, Message

MOST_NOTES = 10  # that nobody has answered yet


def stop(call: Call) -> bool:
    """End a running answer with what it has; false where none of this name runs."""
    asked = call.read(StopRequest)
    try:
        key = uuid.UUID(asked.request_id)
    except ValueError:
        return False
    found = Generation.objects.asked_by(call.user).running().filter(key=key).first()
    return found is not None and replying.stop_reply(found)


def rate(call: Call) -> bool:
    """Keep what somebody thinks of a saved answer."""
    asked = call.read(RatingRequest)
    try:
        key = uuid.UUID(asked.message_id)
    except ValueError:
        raise NotFound("there is no such message") from None
    answers = Message.objects.of(call.user).filter(key=key, role="assistant")
    if not answers.update(rating=asked.rating):
        raise NotFound("there is no such answer; only saved ones can be rated")
    return True


def remind(call: Call) -> bool:
    """A note for the character, which it reads and the user does not see.

    Notes cost nobody an answer: so they need a dialogue that is there, and only so many wait in it.
    """
    asked = call.read(ReminderRequest)
    story = dialogue_of(call, character_of(call, asked.character_id), asked.biz_user_id)
    if story is None:
        raise NotFound("there is no dialogue with this user")
    newest = story.thread(last=MOST_NOTES)
    if len(newest) == MOST_NOTES and all(message.role == "system" for message in newest):
        raise InvalidParam(f"{MOST_NOTES} notes wait already for the character's next answer")
    replying.remind(story, asked.content)
    return True


def reset(call: Call) -> bool:
    """The user's next words begin a new dialogue; what was said is no longer read or listed."""
    asked = call.read(ResetRequest)
    story = dialogue_of(call, character_of(call, asked.character_id), asked.user_id)
    if story:
        replying.end_dialogue(story)
    return True


def picture(call: Call) -> Picture:
    """This site draws nothing, and says so in the shape that clients poll for."""
    call.query(PictureQuery)
    told = "This site has no picture service."
    return Picture.model_construct(
        task_id="", status="NOT_OFFERED", error_message=told, file_url=[], file_urls=[]
    )


ROUTES = [
    Route(
        "chat/stop",
        stop,
        scope="chat",
        service="aca-chat-stop",
        summary=_("End a running answer with what it has"),
        asks=StopRequest,
        answers=bool,
    ),
    Route(
        "chat/rating",
        rate,
        scope="chat",
        service="aca-message-rating",
        summary=_("Rate a saved answer from -1 to 5"),
        asks=RatingRequest,
        answers=bool,
    ),
    *(
        Route(
            path,
            remind,
            scope="chat",
            service="aca-chat-reminder",
            summary=_("Put a note for the character into a dialogue"),
            asks=ReminderRequest,
            answers=bool,
        )
        # The vendor's pages know it under both.
        for path in ("chat/reminder", "chat/message/reminder")
    ),
    Route(
        "chat/reset",
        reset,
        scope="chat",
        service="aca-chat-reset",
        summary=_("Let a dialogue begin anew"),
        asks=ResetRequest,
        answers=bool,
    ),
    Route(
        "chat/polling/image",
        picture,
        scope="chat",
        service="aca-polling-image",
        summary=_("The result of a picture plug-in; this site has none"),
        asks=PictureQuery,
        answers=Picture,
        methods=("GET",),
    ),
]
