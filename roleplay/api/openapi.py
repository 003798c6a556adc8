"""The OpenAPI 3.1 document of both doors, built from the tables that the addresses come from.

In English, whatever the reader's language: it is for programs.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

from roleplay.api import errors, models_door, not_offered
from roleplay.api.dialects import OPENAI, XINGCHEN, Dialect
from roleplay.api.errors import KEY, ApiError
from roleplay.api.examples import BODIES
from roleplay.api.route import Route
from roleplay.api.routes import ROUTES
from roleplay.api.schemas import Gathered, Schema, query_schema
from roleplay.api.shapes.chat import ChatAnswer
from roleplay.api.shapes.openai_like import ChatCompletion, FaultBody
from roleplay.api.shapes.streamed import ChatCompletionChunk, ChatFrame, ErrorBody
from roleplay.api.urls import STEP

VERSION = "2"  # of the API, as the vendor counts
DOORS = {"/v2/api/": ROUTES, "/v1/": models_door.ROUTES}
FRAMES = {ChatAnswer: ChatFrame, ChatCompletion: ChatCompletionChunk}
BODIES_OF_ERRORS: dict[Dialect, type[BaseModel]] = {XINGCHEN: ErrorBody, OPENAI: FaultBody}
NAMES: dict[Dialect, str] = {XINGCHEN: "Xingchen", OPENAI: "OpenAI"}
# What only comes of an engine that answers, or of a dialogue that is in use.
OF_ANSWERING = {409, 429, 502, 503, 504}
IN_QUERY = ("GET", "DELETE")  # many programs send no body with these

ABOUT = """\
Role chat, characters and memory of this site, at two doors: `/v2/api` speaks the interface of
Tongyi Xingchen, `/v1` that of OpenAI. Both take the same keys.

Bodies are JSON in UTF-8. They are read forgivingly: `//` comments and trailing commas are let pass,
as are unknown fields; a field that may be left out may be null. Names may not stand twice in one
object. An empty body is an empty object. No Content-Type is asked for.

A slash at the end of a path, and a doubled one in front of it, change nothing; nothing redirects.

The paths of `/v2/api` are found under `/v1/api` as well, where SDKs of the vendor's first version look
for them. Their bodies are flat: what stands in `input` and in `input.aca` below stands outside."""
EVENT = "One event of the stream. Before its data stands `{lead}`, after it an empty line."
HEADERS = {
    "X-AcA-SSE": "`enable` asks for a stream. `X-DashScope-SSE` is read in its place. Without either, "
    "an `x-fag-servicename` that ends in `-sse` asks for one.",
    "X-AcA-DataInspection": "Comes back as `context.enableDataInspection`. `X-DashScope-DataInspection` "
    "is read in its place.",
}
GATEWAY = "The vendor's gateway needs it; this site takes calls with any value, and without it."


@cache
def document() -> Schema:
    """The whole document. Its servers are for the caller to fill in."""
    every = [route for routes in DOORS.values() for route in routes]
    schemas = Gathered(
        taken=[route.asks for route in every if route.asks and route.methods != ("GET",)],
        given=[
            *(route.answers for route in every if route.answers is not None),
            *(frame_of(route) for route in every if route.stream and route.answers is not None),
            *BODIES_OF_ERRORS.values(),
        ],
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lamplight API", "version": VERSION, "description": ABOUT},
        "paths": {
            root + route.path: _path(root + route.path, route, schemas)
            for root, routes in DOORS.items()
            for route in routes
        },
        "components": {
            "schemas": schemas.components,
            "responses": dict(_error_answers(schemas)),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key from the settings of this site. Its scopes say what it opens.",
                }
            },
        },
        "security": [{"key": []}],
    }


def frame_of(route: Route) -> Any:
    """The type of one frame of this route's stream."""
    return FRAMES.get(route.answers, route.answers)


def error_kinds() -> list[type[ApiError]]:
    """Every error a call may be answered with, by the vendor's number."""
    found = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ApiError) and kind is not ApiError
    ]
    return sorted(found, key=lambda kind: (kind.code, kind.status, kind.key))


def is_offered(route: Route) -> bool:
    """Whether there is anything behind the path but its refusal."""
    return route not in not_offered.ROUTES


def _path(address: str, route: Route, schemas: Gathered) -> Schema:
    told = {method.lower(): _operation(address, route, method, schemas) for method in route.methods}
    return {**told, "parameters": steps} if (steps := _steps(route)) else told


def _operation(address: str, route: Route, method: str, schemas: Gathered) -> Schema:
    told: Schema = {
        "operationId": _id(address, method),
        "tags": [NAMES[route.dialect]],
        "summary": route.summary,
        "x-scope": route.scope,
        "responses": _answers(route, method, schemas),
    }
    if route.service:
        told["x-service"] = route.service
    if not is_offered(route):
        told["x-offered"] = False
    if parameters := [*_query(route, method), *_headers(route)]:
        told["parameters"] = parameters
    if route.asks and method not in IN_QUERY:
        told["requestBody"] = _body(address, route, schemas)
    return told


def _id(address: str, method: str) -> str:
    words = STEP.sub(r"\1", address).replace("/", " ").replace("_", " ").split()
    return "_".join([method.lower(), *words])


def _steps(route: Route) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in STEP.findall(route.path)
    ]


def _query(route: Route, method: str) -> Iterator[Schema]:
    if not route.asks or method not in IN_QUERY:
        return
    asked = query_schema(route.asks)
    for name, schema in asked["properties"].items():
        needed = name in asked.get("required", [])
        yield {"name": name, "in": "query", "required": needed, "schema": schema}


def _headers(route: Route) -> Iterator[Schema]:
    told = dict(HEADERS) if route.stream == "header" else {}
    if route.dialect is XINGCHEN:
        told |= {"x-fag-appcode": GATEWAY, "x-fag-servicename": GATEWAY}
    examples = {"x-fag-appcode": "aca", "x-fag-servicename": route.service}
    for name, description in told.items():
        schema = {"type": "string", "examples": [examples.get(name, "enable")]}
        yield {"name": name, "in": "header", "description": description, "schema": schema}


def _body(address: str, route: Route, schemas: Gathered) -> Schema:
    assert route.asks
    content: Schema = {"schema": schemas.taken(route.asks)}
    if told := BODIES.get(address):
        content["examples"] = {
            name.replace(" ", "-"): {"summary": name, "value": value}
            for name, value in told.items()
        }
    needed = any(field.is_required() for field in route.asks.model_fields.values())
    return {"required": needed, "content": {"application/json": content}}


def _answers(route: Route, method: str, schemas: Gathered) -> Schema:
    streamed = "Stream" if route.stream and route.dialect.all_in_stream else ""
    lead = NAMES[route.dialect] + streamed
    told = {
        str(status): {"$ref": f"#/components/responses/{lead}{status}"}
        for status in _by_status(route.dialect)
        if method != "GET" or status not in OF_ANSWERING
    }
    return {"200": _success(route, schemas), **told} if route.answers is not None else told


def _success(route: Route, schemas: Gathered) -> Schema:
    schema = schemas.given(route.answers)
    content: Schema = {"application/json": {"schema": schema if route.bare else _enveloped(schema)}}
    if route.stream:
        content["text/event-stream"] = _stream(route, schemas)
    return {"description": "What was asked for", "content": content}


def _enveloped(data: Schema) -> Schema:
    properties = {
        "requestId": {"type": "string"},
        "code": {"const": 200},
        "data": data,
        "success": {"const": True},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _stream(route: Route, schemas: Gathered) -> Schema:
    """The schema is that of each event, as tools for testing read it."""
    fault = _json_text(schemas.given(BODIES_OF_ERRORS[route.dialect]))
    events = [
        _event(_json_text(schemas.given(frame_of(route)))),
        # Something may go wrong once a stream has begun.
        _event(fault, "error" if route.dialect.all_in_stream else ""),
    ]
    if frame_of(route) is ChatCompletionChunk:
        events.append(_event({"const": "[DONE]"}))
    return {"schema": {"description": EVENT.format(lead=route.dialect.lead), "anyOf": events}}


def _event(data: Schema, name: str = "") -> Schema:
    properties: Schema = {"event": {"const": name}} if name else {}
    properties["data"] = data
    return {"type": "object", "properties": properties, "required": list(properties)}


def _json_text(schema: Schema) -> Schema:
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}


def _by_status(dialect: Dialect) -> dict[int, list[type[ApiError]]]:
    found: dict[int, list[type[ApiError]]] = {}
    for kind in error_kinds():
        found.setdefault(dialect.status(kind()), []).append(kind)
    return dict(sorted(found.items()))


def _error_answers(schemas: Gathered) -> Iterator[tuple[str, Schema]]:
    for dialect, shape in BODIES_OF_ERRORS.items():
        body = schemas.given(shape)
        for status, kinds in _by_status(dialect).items():
            told: Schema = {
                "description": "\n".join(f"- {kind.code} `{KEY}{kind.key}`" for kind in kinds),
                "content": {"application/json": {"schema": body}},
            }
            if status in (429, 503):
                told["headers"] = {"Retry-After": _retry_after()}
            yield f"{NAMES[dialect]}{status}", told
            if dialect.all_in_stream:
                text = {"schema": _event(_json_text(body), "error")}
                content = {**told["content"], "text/event-stream": text}
                yield f"{NAMES[dialect]}Stream{status}", {**told, "content": content}


def _retry_after() -> Schema:
    return {"description": "Seconds to wait, where known", "schema": {"type": "integer"}}
