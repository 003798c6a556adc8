"""Control of a chat, and its history (xingchen-api.md, section 9)."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from roleplay.api.moments import read_moment
from roleplay.api.shapes.base import CLEANED, POINTED, Label, Shape, Text

Moment = Annotated[
    datetime | None, BeforeValidator(read_moment, json_schema_input_type=int | str | None)
]


class StopRequest(Shape):
    """`content` is what the user has seen so far; this site knows it itself."""

    request_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    content: Text = ""


class RatingRequest(Shape):
    message_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    rating: Annotated[int, Field(ge=-1, le=5), POINTED]


class ReminderRequest(Shape):
    character_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    content: Annotated[str, Field(min_length=1, max_length=20_000), CLEANED]
    biz_user_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]


class ResetRequest(Shape):
    character_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    user_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]


class HistoryWhere(Shape):
    """Times are epoch milliseconds, or ISO text."""

    character_id: Label = ""
    biz_user_id: Label = ""
    session_id: Label = ""
    start_time: Moment = None
    end_time: Moment = None
    message_ids: Annotated[list[Label], Field(max_length=200)] = []


class HistoryRequest(Shape):
    where: HistoryWhere = HistoryWhere()
    order_by: Annotated[list[Label], Field(max_length=20)] = []
    page_num: Annotated[int, Field(ge=0, le=1_000_000), POINTED] = 0
    page_size: Annotated[int, Field(ge=1, le=50), POINTED] = 10


class PictureQuery(Shape):
    message_id: Label = ""
    user_id: Label = ""


# What is answered


class Issuer(Shape):
    user_id: str
    biz_user_id: str
    user_name: str
    user_type: str


class HistoryItem(Shape):
    content: str
    message_type: str
    message_id: str
    message_issuer: Issuer
    session_id: str
    chat_id: str
    gmt_create: int
    is_greeting: bool
    rating: int | None = None
    regenerate_times: int


class HistoryPage(Shape):
    list: list[HistoryItem]
    page: int
    page_size: int
    total: int
    page_offset_value: int


class Picture(Shape):
    task_id: str
    status: str
    error_message: str
    file_url: list[str]
    file_urls: list[str]
