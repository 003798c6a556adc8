"""Characters (xingchen-api.md, section 10).

Lengths are those of our columns: a text that one call may write, no other call has to cut.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from roleplay.api.shapes.base import POINTED, Shape, Text
from roleplay.text import clean

LONGEST_PAPERS = 20_000  # characters of JSON in a part that is kept as given
LATEST = 999_999  # the highest version number that a call may choose


def _cleaned(value: Any) -> Any:
    """Every text in it, cleaned as any other."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, dict):
        return {clean(name): _cleaned(inner) for name, inner in value.items()}
    return value


def _short_enough(value: Any) -> Any:
    if len(json.dumps(value, ensure_ascii=False)) > LONGEST_PAPERS:
        raise ValueError(f"has to fit in {LONGEST_PAPERS} characters of JSON")
    return value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Line = Annotated[Text, BeforeValidator(_stripped)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
Sheet = Annotated[Text, StringConstraints(min_length=1, max_length=20_000)]
Paragraphs = Annotated[Text, StringConstraints(max_length=8_000)]
Reference = Annotated[Text, StringConstraints(max_length=2_000)]
RoleType = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
Kind = Literal["virtual", "reproduction", "assistant"]
CharacterId = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
# Go sends 0 for what is not set.
Version = Annotated[int, Field(ge=0, le=LATEST), POINTED]
Flag = Annotated[int, Field(ge=0, le=1), POINTED]


class FileInfo(Shape):
    """A file on the vendor's platform. It is kept as given; this site does not fetch it."""

    file_save_path: Reference | None = None
    filename: Reference | None = None
    file_url: Reference | None = None


class PermConfig(Shape):
    """What others may do, 0 or 1; with one of them all three are given."""

    is_public: Flag
    allow_chat: Flag
    allow_api: Flag


class AdvancedConfig(Shape):
    """Settings of the vendor's platform, kept as given; those that are read have their types."""

    model_config = ConfigDict(extra="allow")

    is_real_info: bool | None = None
    search_keyword: Paragraphs | None = None
    is_real_time: bool | None = None
    allow_send_image: bool | None = None
    image_style: Paragraphs | None = None
    allow_send_asr: bool | None = None
    asr_style: Paragraphs | None = None
    chat_description: Paragraphs | None = None
    short_term_memory_round: Annotated[int, Field(ge=0, le=10_000), POINTED] | None = None
    long_term_memories: list[dict[str, Any]] | None = None
    repository_info: dict[str, Any] | None = None
    platform_plugins: list[Any] | None = None
    knowledge_bases: list[Text] | None = None
    # Named differently here, where pydantic has a `model_config` of its own.
    tuning: dict[str, Any] | None = Field(default=None, alias="modelConfig")


Advanced = Annotated[AdvancedConfig, BeforeValidator(_short_enough), BeforeValidator(_cleaned)]


class CharacterWords(Shape):
    """What a character is made of. What a call leaves out stays as it is."""

    name: Name | None = None
    basic_information: Sheet | None = None
    opening_line: Paragraphs | None = None
    introduction: Annotated[Line, StringConstraints(max_length=120)] | None = None
    traits: Paragraphs | None = None
    chat_objective: Paragraphs | None = None
    chat_example: Annotated[Text, StringConstraints(max_length=20_000)] | None = None
    type: Kind | None = None
    avatar: FileInfo | None = None
    role_types: Annotated[list[RoleType], Field(max_length=20)] | None = None
    advanced_config: Advanced | None = None


class CharacterCreate(CharacterWords):
    name: Name
    basic_information: Sheet
    perm_config: PermConfig | None = None


class CharacterUpdate(CharacterWords):
    """`version`: which one to change; the current one where none is named."""

    character_id: CharacterId
    version: Version = 0
    perm_config: PermConfig | None = None


class VersionWrite(CharacterWords):
    """`version`: a number that is there is changed, another is made; without one, the next is made."""

    character_id: CharacterId
    version: Version = 0


class CharacterNamed(Shape):
    """One character, in one version; 0 is the current one."""

    character_id: CharacterId
    version: Version = 0


class CharacterWhere(Shape):
    """`character_name`: how the name begins. `role_types`: any of these."""

    character_name: Annotated[Text, StringConstraints(max_length=200)] = ""
    scope: Literal["", "my", "public", "pre_configured"] = ""
    role_types: Annotated[list[Text], Field(max_length=20)] = []


class CharacterSearch(Shape):
    where: CharacterWhere = CharacterWhere()
    order_by: Annotated[list[Text], Field(max_length=5)] = []
    page_num: Annotated[int, Field(ge=0, le=1_000_000), POINTED] = 0
    page_size: Annotated[int, Field(ge=1, le=50), POINTED] = 10


# What is answered


class CharacterKey(Shape):
    character_id: str
    version: int


class CharacterShown(Shape):
    """A character as this key's owner may see it.

    Times are epoch milliseconds. What only the owner sees is left out for everybody else, who read
    the beginning of `basic_information` alone. `major_version`: the number of the current version.
    `audit_status`: none, pending or approved. `config_status`: online where everyone may find it.
    """

    character_id: str
    version: int
    major_version: int
    versions: list[int]
    name: str
    introduction: str
    basic_information: str
    opening_line: str
    traits: str | None = None
    chat_objective: str | None = None
    chat_example: str | None = None
    type: str
    avatar: FileInfo | None = None
    background_img_url: str | None = None
    role_types: list[str]
    tags: list[str]
    bubbles: list[str]
    perm_config: PermConfig
    advanced_config: AdvancedConfig | None = None
    extract_memory: bool | None = None
    manageable: bool
    is_pre_configured: bool
    user_id: str | None = None
    creator: str | None = None
    modified_by: str | None = None
    audit_status: str
    config_status: str
    gmt_create: int
    gmt_modified: int


class CharacterPage(Shape):
    list: list[CharacterShown]
    page: int
    page_size: int
    total: int
    page_offset_value: int
