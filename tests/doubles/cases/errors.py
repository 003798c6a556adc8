"""Errors that say so: statuses, codes, events, and what each vendor makes of them."""

import asyncio
import time
from email.utils import formatdate
from typing import Any

from tests.doubles.cases.replies import good
from tests.doubles.cases.table import CASES, Case, case, fails
from tests.doubles.dialects import OPENAI, dumps
from tests.doubles.talk import Talk


async def plain_status(talk: Talk, status: int) -> None:
    """A status with a body that says nothing we know."""
    text = dumps({"note": "key sk-canary-0123456789abcdef <script>pwn()</script>"})
    await talk.page(status, "" if status == 304 else text, "application/json")


STATUSES = {
    300: "rejected", 304: "rejected", 400: "rejected", 401: "unauthorized", 402: "out_of_money",
    403: "unauthorized", 404: "model_gone", 405: "rejected", 408: "timed_out", 409: "rejected",
    410: "model_gone", 413: "too_long", 415: "rejected", 418: "rejected", 422: "rejected",
    429: "rate_limited", 451: "refused", 500: "upstream", 501: "upstream", 502: "upstream",
    503: "upstream", 504: "timed_out", 520: "upstream", 524: "timed_out", 529: "upstream",
    599: "upstream",
}  # fmt: skip


def _enter_statuses() -> None:
    for status, kind in STATUSES.items():

        async def answer(talk: Talk, status: int = status) -> None:
            await plain_status(talk, status)

        name = f"status_{status}"
        CASES[name] = Case(
            name, f"HTTP {status}, with a key in its body", answer, {"": fails(kind)}
        )


_enter_statuses()


@case("HTTP 204: nothing", fails("empty"))
async def no_content(talk: Talk) -> None:
    talk.keep = False
    talk.writer.write(b"HTTP/1.1 204 Told\r\nConnection: close\r\n\r\n")
    await talk.flushed()


@case("Sends the client elsewhere", fails("rejected"))
async def redirect(talk: Talk) -> None:
    here = f"http://127.0.0.1:{talk.writer.get_extra_info('sockname')[1]}"
    await talk.page(307, "", "text/plain", Location=f"{here}{talk.asked.path}")


WAITS = {
    "rate_limit": ("", None),
    "rate_limit_seconds": ("7", (7, 7)),
    "rate_limit_fraction": ("0.5", (0.5, 0.5)),
    "rate_limit_date": ("date", (15, 20)),
    "rate_limit_past": ("past", (0, 0)),
    "rate_limit_absurd": ("99999999999999999999", (86_400, 86_400)),
    "rate_limit_negative": ("-3", None),
    "rate_limit_garbage": ("soon; <b>", None),
    "rate_limit_far_date": ("Fri, 31 Dec 9999 23:59:59 GMT", (86_400, 86_400)),
    "rate_limit_bad_date": ("Fri, 99 Foo 99999 99:99:99", None),
}


def _enter_waits() -> None:
    for name, (value, seconds) in WAITS.items():

        async def answer(talk: Talk, value: str = value) -> None:
            dates = {
                "date": formatdate(time.time() + 20, usegmt=True),
                "past": formatdate(9, usegmt=True),
            }
            await talk.refuse("throttled", Retry_After=dates.get(value, value))

        about = f"HTTP 429 with Retry-After: {value or 'nothing'}"
        outcome = fails("rate_limited", retry_after=seconds)
        CASES[name] = Case(name, about, answer, {"": outcome})


_enter_waits()


@case(
    "HTTP 429, and a good reply when asked again",
    fails("rate_limited", retry_after=(0.05, 0.05)),
)
async def busy_once(talk: Talk) -> None:
    talk.memory["busy"] = talk.memory.get("busy", 0) + 1
    if talk.memory["busy"] % 2:
        await talk.refuse("throttled", Retry_After="0.05")
    else:
        await good(talk)


REFUSALS = {
    "token": "unauthorized", "permission": "unauthorized", "agreement": "unauthorized",
    "inspection": "refused", "arrears": "out_of_money", "no_quota": "out_of_money",
    "free_tier": "out_of_money", "throttled": "rate_limited", "allocation": "rate_limited",
    "too_long": "too_long", "input_range": "too_long", "no_model": "model_gone",
    "parameter": "rejected", "duplicate": "rejected", "internal": "upstream",
    "overloaded": "upstream",
}  # fmt: skip


def _enter_refusals() -> None:
    for trouble, kind in REFUSALS.items():

        async def refuse(talk: Talk, trouble: str = trouble) -> None:
            await talk.refuse(trouble)

        async def event_first(talk: Talk, trouble: str = trouble) -> None:
            await talk.send(talk.dialect.error_event(trouble))
            await talk.stop_here()

        async def event_middle(talk: Talk, trouble: str = trouble) -> None:
            await talk.say("你好")
            await talk.say("呀")
            await talk.send(talk.dialect.error_event(trouble))
            await talk.stop_here()

        async def as_success(talk: Talk, trouble: str = trouble) -> None:
            await talk.page(200, dumps(talk.dialect.error(trouble)), "application/json")

        for name, about, answer, text in (
            (f"error_{trouble}", "The vendor's own error", refuse, ""),
            (f"event_{trouble}", "An error event at once", event_first, ""),
            (f"middle_{trouble}", "An error event after some words", event_middle, "你好呀"),
            (f"ok_{trouble}", "An error under HTTP 200", as_success, ""),
        ):
            outcomes = {"": fails(kind, text)}
            if trouble == "duplicate" and answer is not refuse:
                # Without its number or a status it says nothing in this dialect.
                outcomes[OPENAI] = fails("upstream", text)
            CASES[name] = Case(name, f"{about}: {trouble}", answer, outcomes)


_enter_refusals()


def shape(name: str, kind: str, status: int, body: Any, about: str) -> None:
    """Enters an error of this body, the way one particular server words it."""

    async def answer(talk: Talk) -> None:
        text = body if isinstance(body, str) else dumps(body)
        await talk.page(status, text, "application/json")

    CASES[name] = Case(name, about, answer, {"": fails(kind)})


shape(
    "ollama_no_model",
    "model_gone",
    404,
    {"error": {"message": "model 'lamp' not found, try pulling it first"}},
    "Ollama without the model",
)
shape(
    "ollama_old_error",
    "model_gone",
    404,
    {"error": "model 'lamp' not found"},
    "An error that is a text",
)
shape(
    "llama_cpp_too_long",
    "too_long",
    400,
    {
        "error": {
            "code": 400,
            "message": "the request exceeds the available context size",
            "type": "exceed_context_size_error",
        }
    },
    "llama.cpp with too much to read",
)
shape(
    "llama_cpp_loading",
    "upstream",
    503,
    {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    "llama.cpp while it loads",
)
shape(
    "vllm_too_long",
    "too_long",
    400,
    {
        "object": "error",
        "message": "This model's maximum context length is 2048 tokens.",
        "type": "BadRequestError",
        "code": 400,
    },
    "vLLM with too much to read",
)
shape(
    "vllm_no_model",
    "model_gone",
    404,
    {
        "object": "error",
        "message": "The model `lamp` does not exist.",
        "type": "NotFoundError",
        "code": 404,
    },
    "vLLM without the model",
)
shape(
    "dashscope_native",
    "rate_limited",
    429,
    {
        "code": "Throttling.AllocationQuota",
        "message": "Allocated quota exceeded",
        "request_id": "1",
    },
    "DashScope's own shape",
)
shape(
    "fastapi_detail",
    "rejected",
    422,
    {"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]},
    "A validation error as FastAPI words it",
)
shape(
    "deepseek_balance",
    "out_of_money",
    402,
    {
        "error": {
            "message": "Insufficient Balance",
            "type": "unknown_error",
            "code": "invalid_request_error",
        }
    },
    "DeepSeek without money",
)
shape("number_only", "rejected", 400, {"errorCode": 400}, "Nothing but a number")
shape(
    "success_false",
    "upstream",
    200,
    {"success": False},
    "HTTP 200 and `success: false`, nothing more",
)
shape(
    "error_in_list",
    "model_gone",
    404,
    [{"error": {"code": 404, "message": "model not found", "status": "NOT_FOUND"}}],
    "An error in a list",
)


@case("An error event whose data is a plain sentence", fails("rate_limited", "你好"))
async def event_sentence(talk: Talk) -> None:
    await talk.say("你好")
    await talk.send(b"event: error\ndata: Too many requests <script>pwn()</script>\n\n")
    await talk.stop_here()


@case("An error that repeats the key it was sent", fails("unauthorized"))
async def key_echo(talk: Talk) -> None:
    key = talk.asked.headers.get("authorization", "")
    await talk.page(
        401, dumps({"error": {"message": f"wrong key: {key}", "code": key}}), "application/json"
    )


@case("An error page of a proxy", fails("upstream"))
async def html_error(talk: Talk) -> None:
    await talk.page(
        502, "<html><h1>502 Bad Gateway</h1>timeout billing model not found</html>", "text/html"
    )


@case("An error page larger than anybody reads", fails("upstream"))
async def huge_error(talk: Talk) -> None:
    await talk.page(500, "x" * (4 << 20), "text/plain")


@case("An error that never ends", fails("upstream"))
async def endless_error(talk: Talk) -> None:
    await talk.head(500)
    while True:
        await talk.send(b"x" * 10_000)
        await talk.flushed()
        await asyncio.sleep(0)


@case("An error without a body", fails("upstream"))
async def empty_error(talk: Talk) -> None:
    await talk.page(500, "", "")


@case("An error whose body is cut", fails("upstream"))
async def cut_error(talk: Talk) -> None:
    await talk.head(500, 1000)
    talk.writer.write(b'{"error":')
    await talk.cut()
