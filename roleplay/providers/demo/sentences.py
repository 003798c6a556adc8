"""Cuts a text into sentences and clauses, each as it was written."""

import re

CUT = re.compile(
    r"(?<=[。！？!?…])(?![。！？!?…」』”’\"）)*～~])|(?<=[.][”’\"])\s+|(?<=[.])\s+|\n+"
)
CLAUSE = re.compile(r"(?:[^，。！？；…\n!?;,.]|[.,](?!\s|$))+[，。！？；…\n!?;,.]*")
AROUND = ' \t\r　*「」『』“”"'
QUESTION = re.compile(
    r"[?？][”’\"」』）)*～~\s]*$|(?:吗|呢|么)[。！!～~…\s]*$|什么|[谁哪]|几[岁点号个]|多大|多少|怎么|是不是|有没有"
    r"|^\s*(?:and |but |so )?(?:who|what|when|where|why|how|which|do|does|did|can|could|would|will|"
    r"should|are|is|am)\b",
    re.IGNORECASE,
)


def sentences(text: str) -> list[str]:
    """The sentences, without the marks that open or close a whole speech."""
    parts = (part.strip(AROUND) for part in CUT.split(text))
    return [part for part in parts if re.search(r"\w", part)]


def statements(sentence: str) -> list[str]:
    """The clauses of a sentence that state something; questions and suppositions do not."""
    clauses = [part.strip() for part in CLAUSE.findall(sentence)]
    return [clause for clause in clauses if not is_question(clause) and not _supposed(clause)]


def is_question(text: str) -> bool:
    return bool(QUESTION.search(text))


def _supposed(clause: str) -> bool:
    return bool(re.match(r"如果|假如|假设|要是|万一|\bif\b|\bsuppose\b", clause, re.IGNORECASE))
