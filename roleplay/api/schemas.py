"""Shapes as JSON Schema (draft 2020-12), gathered below `#/components/schemas/`."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.alias_generators import to_pascal
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

Schema = dict[str, Any]
Way = Literal["validation", "serialization"]  # taken, or given

PLACE = "#/components/schemas/"
NULL = {"type": "null"}


class WireSchema(GenerateJsonSchema):
    """As a reader of the wire needs it: no titles, and no defaults that only spell out emptiness."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        found = super().default_schema(schema)
        default = schema.get("default")
        if default in (None, "", [], {}) or isinstance(default, BaseModel):
            found.pop("default", None)
        return found


class BodySchema(WireSchema):
    """The same for bodies: an explicit null is let pass wherever a field may be left out."""

    def model_field_schema(self, schema: Any) -> JsonSchemaValue:
        found = super().model_field_schema(schema)
        if self.mode != "validation" or self.field_is_required(schema, total=True):
            return found
        return _nullable(found)


class Gathered:
    """The schemas of many types. `of` gives one of them, as a rule a reference into `components`."""

    def __init__(self, taken: Iterable[Any], given: Iterable[Any]) -> None:
        wanted: list[tuple[Any, Way, TypeAdapter[Any]]] = [
            *((kind, "validation", TypeAdapter(kind)) for kind in dict.fromkeys(taken)),
            *((kind, "serialization", TypeAdapter(kind)) for kind in dict.fromkeys(given)),
        ]
        found, rest = TypeAdapter.json_schemas(
            wanted, ref_template=PLACE + "{model}", schema_generator=BodySchema
        )
        names = {long: _short(long) for long in rest.get("$defs", {})}
        assert len(set(names.values())) == len(names)
        self._found = {key: _renamed(schema, names) for key, schema in found.items()}
        self.components: Schema = {
            names[long]: _renamed(schema, names) for long, schema in rest.get("$defs", {}).items()
        }

    def taken(self, kind: Any) -> Schema:
        """The schema of a body that is to be this."""
        return dict(self._found[kind, "validation"])

    def given(self, kind: Any) -> Schema:
        """The schema of what is answered."""
        return dict(self._found[kind, "serialization"])


def query_schema(shape: type[BaseModel]) -> Schema:
    """The shape of a query string, whose fields are plain values."""
    return shape.model_json_schema(by_alias=True, schema_generator=WireSchema)


def _nullable(schema: Schema) -> Schema:
    if NULL in schema.get("anyOf", []) or not schema.keys() - {"default"}:
        return schema
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    outside = {"default": schema.pop("default")} if "default" in schema else {}
    return {"anyOf": [schema, NULL], **outside}


def _short(name: str) -> str:
    """Where two modules have a shape of one name, pydantic spells the whole path of both."""
    *module, own = name.split("__")
    return to_pascal(module[-1]) + own if module else name


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    if not isinstance(value, dict):
        return value
    told = {name: _renamed(inner, names) for name, inner in value.items()}
    if isinstance(told.get("$ref"), str):
        told["$ref"] = PLACE + names[told["$ref"].removeprefix(PLACE)]
    return told
