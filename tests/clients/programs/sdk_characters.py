"""Makes a character, changes it, looks it up, keeps versions of it, and takes it away."""

from sdk_base import client, tell
from xingchen import (
    CharacterApiSub,
    CharacterCreateDTO,
    CharacterPermissionConfig,
    CharacterQueryDTO,
    CharacterQueryWhere,
    CharacterUpdateDTO,
    CharacterVersionCreateOrUpdateDTO,
)

SHEET = {
    "name": "摆渡人",
    "introduction": "夜里摆渡",
    "basicInformation": "摆渡人在河上撑了三十年船。",
    "openingLine": "上船吧，水不急。",
    "traits": "不问客人从哪里来",
    "chatExample": "{{user}}:远吗？\n{{char}}:不远，一支烟的工夫。",
    "type": "virtual",
    "chatObjective": "把客人平安送到对岸",
    "permConfig": CharacterPermissionConfig(isPublic=0, allowChat=1, allowApi=1),
    "roleTypes": ["accompany"],
}
CHANGED = SHEET | {"openingLine": "等你很久了。"}
characters = CharacterApiSub(client())

made = tell("create", characters.create, CharacterCreateDTO(**SHEET))
key = made.data.character_id
tell("details", characters.character_details, key)
changed = CharacterUpdateDTO(**CHANGED, characterId=key, version=1)
tell("update", characters.update, changed)
tell("details, changed", characters.character_details, key)
mine = CharacterQueryDTO(
    where=CharacterQueryWhere(characterName="摆渡", scope="my"), pageNum=1, pageSize=10
)
tell("search", characters.search, mine)
newer = {k: v for k, v in SHEET.items() if k != "permConfig"} | {"openingLine": "今晚有雾。"}
second = CharacterVersionCreateOrUpdateDTO(**newer, characterId=key, version=2)
tell("version", characters.create_or_update_version, second)
tell("versions", characters.list_character_versions, key)
tell("recommended", characters.recommend_character_version, key)
tell("delete", characters.delete, key)
tell("details, deleted", characters.character_details, key)
tell("search, deleted", characters.search, mine)
