"""Turns the parts of a prompt into plain words, for engines that want one list of messages."""

from dataclasses import dataclass

from roleplay.providers.base import CharacterSheet, Prompt


@dataclass(frozen=True, slots=True)
class Words:
    """The few words of our own that go into prompts, in one language."""

    you_are: str
    stay: str
    sex: str
    birthday: str
    age: str
    years: str
    traits: str
    scenario: str
    partner: str
    nameless: str
    memory: str
    examples: str
    says: str
    note: str
    go_on: str


CHINESE = Words(
    you_are="你是{name}。",
    stay="请始终以{name}的身份聊天，不要替对方说话。",
    sex="性别：{}",
    birthday="生日：{}",
    age="年龄：{}",
    years="{}岁",
    traits="必须做到：",
    scenario="场景：",
    partner="和你聊天的人：",
    nameless="对方",
    memory="你记得的事：",
    examples="下面是示例对话，只用来示范说话的方式，并没有真的发生：",
    says="{name}：{text}",
    note="（{}）",
    go_on="（你上一条回复没有说完。请从断开的地方接着往下说，不要重复已经说过的话，也不要解释。）",
)
ENGLISH = Words(
    you_are="You are {name}. ",
    stay="Always speak as {name}, and never for the other person.",
    sex="Sex: {}",
    birthday="Birthday: {}",
    age="Age: {}",
    years="{}",
    traits="Always keep to this:",
    scenario="Scene:",
    partner="The person you are talking to:",
    nameless="The other person",
    memory="What you remember:",
    examples="Example dialogue. It only shows the way of speaking and has not happened:",
    says="{name}: {text}",
    note="({})",
    go_on="(Your last reply broke off. Go on from exactly where it stops, without repeating what "
    "you have said and without explaining.)",
)


def words_for(character: CharacterSheet) -> Words:
    """Our words in the language this character speaks."""
    return CHINESE if character.language.startswith("zh") else ENGLISH


def about(character: CharacterSheet) -> str:
    """Who the character is: the description, and the facts that it does not hold already."""
    words = words_for(character)
    description = character.description.strip()
    age = words.years.format(character.age) if character.age is not None else ""
    facts = [
        label.format(value)
        for label, value in (
            (words.sex, character.sex.strip()),
            (words.birthday, character.birthday.strip()),
            (words.age, age),
        )
        if value and value not in description
    ]
    you_are = words.you_are.format(name=character.name) if character.name else ""
    introduction = you_are + character.tagline
    parts = [description or introduction.strip()]
    return "\n".join([*parts, *facts])


def direction(prompt: Prompt) -> str:
    """Character, traits, scene and person as one text; with a description alone, exactly that."""
    words = words_for(prompt.character)
    persona = prompt.persona
    person = "\n".join(part for part in (persona.name.strip(), persona.about.strip()) if part)
    parts = [about(prompt.character)]
    for label, text in (
        (words.traits, prompt.character.traits.strip()),
        (words.scenario, prompt.scenario.strip()),
        (words.partner, person),
        (words.memory, "\n".join(prompt.memory)),
    ):
        if text:
            parts.append(f"{label}\n{text}")
    return "\n\n".join(part for part in parts if part)


def stage_direction(prompt: Prompt) -> str:
    """The system message for a model that knows nothing of roles: who, how, and examples.

    Nobody in particular is played where the character has no name: then it is what was said of it,
    and may be empty.
    """
    words = words_for(prompt.character)
    name = prompt.character.name
    if not name:
        return direction(prompt)
    opening = words.stay.format(name=name)
    if prompt.character.description.strip():
        opening = words.you_are.format(name=name) + opening
    parts = [opening, direction(prompt)]
    if prompt.examples:
        speakers = {"user": prompt.persona.name.strip() or words.nameless, "assistant": name}
        lines = [
            words.says.format(name=speakers.get(turn.role, turn.role), text=turn.text)
            for turn in prompt.examples
        ]
        parts.append("\n".join([words.examples, *lines]))
    return "\n\n".join(parts)
