"""Takes facts and a summary out of a talk, and has a persona written."""

from sdk_base import client, tell
from xingchen import (
    CharacterApiSub,
    CharacterDescGeneratedRequest,
    ChatExtractMessageApiSub,
    ExtractMemoryRequest,
    KVMemoryConfig,
    Message,
    ModelParameters,
)

SAID = [
    Message(role="user", content="我叫小林，我住在杭州。"),
    Message(role="assistant", content="杭州的夜里常下雨吧？"),
    Message(role="user", content="是啊。我喜欢下雨天。"),
]
FACTS = [
    KVMemoryConfig(enabled=True, memoryText="姓名"),
    KVMemoryConfig(enabled=True, memoryText="喜好"),
]
api = client()
memory, characters = ChatExtractMessageApiSub(api), CharacterApiSub(api)
model = ModelParameters(modelName="xingchen-base")
tell(
    "facts",
    memory.extract_memory_kv,
    ExtractMemoryRequest(messages=SAID, kvMemoryConfigs=FACTS, modelParameter=model),
)
tell(
    "summary",
    memory.extract_memory_summary,
    ExtractMemoryRequest(messages=SAID, modelParameter=model),
)
text = "老周修了一辈子钟。他的铺子在桥头。他从不迟到。"
written = CharacterDescGeneratedRequest(type="text", text=text)
tell("persona", characters.auto_generate_desc, written)
elsewhere = CharacterDescGeneratedRequest(
    type="file", fileUrl="https://example.com/zhou.txt", fileName="zhou.txt"
)
tell("persona of a file", characters.auto_generate_desc, elsewhere)
