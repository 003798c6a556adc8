"""What a program adds to one turn of its own accord, over what the story itself says."""

from dataclasses import dataclass, field, replace

from roleplay.prompting.budget import PromptBudget, fitted
from roleplay.providers.base import PersonaSheet, Prompt, Sampling, Tool, Turn


@dataclass(frozen=True, slots=True)
class Extras:
    """Empty parts leave the story's own as they are; tools are added to the character's."""

    persona: PersonaSheet | None = None
    scenario: str = ""
    examples: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()
    memory: tuple[str, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)

    def added_to(self, prompt: Prompt, budget: PromptBudget | None = None) -> Prompt:
        """The prompt with these in it, cut to the budget again. Raises PromptTooLong."""
        known = {tool.name for tool in prompt.tools}
        fuller = replace(
            prompt,
            persona=self.worn(prompt.persona),
            scenario=self.scenario or prompt.scenario,
            examples=self.examples or prompt.examples,
            tools=prompt.tools + tuple(tool for tool in self.tools if tool.name not in known),
            memory=self.memory,
            sampling=self.sampling,
        )
        return fitted(fuller, budget or PromptBudget())

    def worn(self, persona: PersonaSheet) -> PersonaSheet:
        """The caller's words about the user, under the id that the story has for engines."""
        if self.persona is None:
            return persona
        return replace(self.persona, user_id=persona.user_id)


NOTHING = Extras()
