"""Role chat: `chat/send` and `groupchat/send` (xingchen-api.md, sections 4 to 6 and 12)."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, model_validator

from roleplay.api.shapes.base import CLEANED, POINTED, Label, Schema, Shape, Whole, Words

OUTSIDE = {"model", "parameters", "modelParameters", "messages", "streaming"}
MOST_MESSAGES = 10_000  # what the SDK lets through; the budget cuts further
MOST_CALLS = 128  # of one message

Tokens = Annotated[int, Field(ge=1, le=100_000), POINTED]


class Parameters(Shape):
    """How the answer is drawn. Both spellings of the output mode are known."""

    model_name: Label = ""
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0), POINTED] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**63 - 1), POINTED] | None = None
    max_length: Tokens | None = None
    min_length: Annotated[int, Field(ge=0, le=100_000), POINTED] | None = None
    incremental_output: bool = Field(
        default=False,
        validation_alias=AliasChoices("incrementalOutput", "incremental_output"),
        serialization_alias="incrementalOutput",
    )


class ApiCall(Shape):
    """A tool that was asked for in an earlier answer."""

    api_name: Label = ""
    parameters: Any = None


class FunctionCall(Shape):
    thought: Words = ""
    api_call_list: Annotated[list[ApiCall], Field(max_length=MOST_CALLS)] = []


class ChatMessage(Shape):
    """One message. `system` may only stand first; `name` says who speaks in a group."""

    role: Literal["system", "user", "assistant", "function"]
    content: Words = ""
    name: Label = ""
    function_call: FunctionCall | None = None


class BotProfile(Shape):
    """Who answers: a platform character by its id, a template by its own, or a role in words."""

    name: Annotated[str, Field(max_length=60), CLEANED] = ""
    content: Annotated[str, Field(max_length=20_000), CLEANED] = ""
    type: Literal["virtual", "reproduction", "assistant"] = "virtual"
    traits: Annotated[str, Field(max_length=8_000), CLEANED] = ""
    task: Annotated[str, Field(max_length=8_000), CLEANED] = ""
    character_id: Label = ""
    version: Whole | None = None
    enable_open_line: bool = False
    custom_template_id: Annotated[str, Field(max_length=64), CLEANED] = ""
    params: Annotated[
        dict[Label, Annotated[str, Field(max_length=8_000), CLEANED]], Field(max_length=50)
    ] = {}


class UserProfile(Shape):
    """Who speaks to the character. `user_id` is the caller's own name for that person."""

    user_id: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    user_name: Annotated[str, Field(max_length=200), CLEANED] = ""
    basic_info: Annotated[str, Field(max_length=8_000), CLEANED] = ""


class Scenario(Shape):
    description: Annotated[str, Field(max_length=20_000), CLEANED] = ""


class ChatContext(Shape):
    """How the platform's own history is used."""

    use_chat_history: bool = True
    is_regenerate: bool = False
    query_id: Label = ""
    answer_id: Label = ""
    result_count: Annotated[int, Field(ge=1, le=4), POINTED] = 1


class Function(Shape):
    """A tool the character may ask for; `parameters` is a JSON Schema."""

    name: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    description: Annotated[str, Field(max_length=8_000), CLEANED] = ""
    parameters: Schema = {}


class FunctionChoice(Shape):
    """Which tools count: all of them, none, or the first that is named."""

    type: Literal["none", "auto", "specific"] = "auto"
    names: Annotated[list[Label], Field(max_length=50)] = []


class Tag(Shape):
    role: Label = ""
    key: Label = ""
    value: Annotated[
        list[Annotated[str, Field(max_length=2_000), CLEANED]], Field(max_length=200)
    ] = []


class Memory(Shape):
    """What the caller remembers of earlier talks."""

    summaries: Annotated[list[Words], Field(max_length=200)] = []
    originals: Annotated[list[ChatMessage], Field(max_length=200)] = []
    tags: Annotated[list[Tag], Field(max_length=200)] = []


class Aca(Shape):
    """Who plays with whom, and where."""

    bot_profile: BotProfile
    user_profile: UserProfile
    scenario: Scenario = Scenario()
    sample_messages: Annotated[list[ChatMessage], Field(max_length=200)] = []
    context: ChatContext = ChatContext()
    function_list: Annotated[list[Function], Field(max_length=50)] = []
    function_choice: FunctionChoice = FunctionChoice()
    memory: Memory = Memory()


class ChatInput(Shape):
    messages: Annotated[list[ChatMessage], Field(max_length=MOST_MESSAGES)] = []
    aca: Aca


class RoleRequest(Shape):
    """What role chat and group chat ask alike."""

    model: Annotated[str, Field(max_length=120), CLEANED] = ""
    parameters: Parameters = Parameters()

    @model_validator(mode="before")
    @classmethod
    def _old_body(cls, value: Any) -> Any:
        """The old version of the API (`/v1/api`) has no `input` and no `aca`: all lies flat."""
        if not isinstance(value, dict) or "input" in value or "messages" not in value:
            return value
        aca = {name: inner for name, inner in value.items() if name not in OUTSIDE}
        return {
            "model": value.get("model"),
            "parameters": value.get("parameters") or value.get("modelParameters"),
            "input": {"messages": value["messages"], "aca": aca},
        }


class ChatRequest(RoleRequest):
    input: ChatInput


class GroupInfo(Shape):
    name: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    description: Annotated[str, Field(max_length=8_000), CLEANED] = ""


class ReplySetting(Shape):
    bot_name: Annotated[str, Field(min_length=1, max_length=60), CLEANED]
    thought: Annotated[str, Field(max_length=8_000), CLEANED] = ""


class GroupAca(Shape):
    bot_profiles: Annotated[list[BotProfile], Field(min_length=1, max_length=10)]
    reply_setting: ReplySetting | None = None
    user_profile: UserProfile
    group_info: GroupInfo
    scenario: Scenario = Scenario()
    sample_messages: Annotated[list[ChatMessage], Field(max_length=200)] = []
    memory: Memory = Memory()


class GroupInput(Shape):
    messages: Annotated[list[ChatMessage], Field(max_length=MOST_MESSAGES)]
    aca: GroupAca


class GroupRequest(RoleRequest):
    input: GroupInput


# What is answered


class ApiCallMade(Shape):
    api_name: str
    parameters: Any


class FunctionCallMade(Shape):
    thought: str
    api_call_list: list[ApiCallMade]


class AnsweredMessage(Shape):
    role: str
    name: str | None = None
    content: str
    finish_reason: str
    function_message: bool
    valid_message: bool
    function_call: FunctionCallMade | None = None


class Choice(Shape):
    messages: list[AnsweredMessage]
    stop_reason: str


class ChatUsage(Shape):
    output_tokens: int
    input_tokens: int
    user_tokens: int
    plugin_tokens: int


class AnswerContext(Shape):
    """`answer_id` names the answer for rating and regenerating, `request_id` for stopping."""

    answer_id: str
    enable_data_inspection: bool
    is_save: bool
    request_id: str
    model_request_id: str
    model_name: str
    origin: str
    biz_src: str
    ext: str
    is_regenerate: bool
    biz_user_id: str
    use_platform_chat_history: bool
    chat_lock_key: str
    result_count: int
    query_id: str | None = None
    message_id: str | None = None
    reply_message_id: str | None = None
    session_id: str | None = None
    chat_id: str | None = None


class ChatAnswer(Shape):
    """`data` of a plain answer, and each frame of a stream."""

    request_id: str
    choices: list[Choice]
    usage: ChatUsage | None = None
    context: AnswerContext
    stop: bool


class NextSpeaker(Shape):
    name: str
    thought: str
    usage: ChatUsage
    context: AnswerContext
