"""What all shapes have in common: the vendor's spelling outside, ours inside."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from roleplay.text import clean


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# A whole number. `10.0` is one too: JSON has one kind of number, and the vendor calls seed a double.
POINTED = BeforeValidator(_whole)
Whole = Annotated[int, POINTED]
# Text at its entrance: without what no database can hold.
CLEANED = BeforeValidator(_cleaned)
Text = Annotated[str, CLEANED]
# A name or an id.
Label = Annotated[str, Field(max_length=200), CLEANED]
# What somebody said: longer than any budget, which counts exactly.
Words = Annotated[str, Field(max_length=100_000), CLEANED]


def _of_a_size(schema: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(schema, ensure_ascii=False)) > LONGEST_SCHEMA:
        raise ValueError(f"a tool's parameters have at most {LONGEST_SCHEMA} characters of JSON")
    return schema


LONGEST_SCHEMA = 20_000
# A tool's parameters, a JSON Schema.
Schema = Annotated[dict[str, Any], AfterValidator(_of_a_size)]


class Shape(BaseModel):
    """An object of the wire. Fields are `snake_case` here and `camelCase` there.

    Types are exact: `1` is no text and `"1"` no number. Unknown fields are let pass and not read.
    """

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        """The SDK sends every section that is not used as null."""
        if isinstance(value, dict):
            return {name: inner for name, inner in value.items() if inner is not None}
        return value


class SnakeShape(Shape):
    """An object of `completions` and of the OpenAI door, which write `snake_case` outside too."""

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=None)
