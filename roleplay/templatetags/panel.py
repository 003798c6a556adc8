"""What the panel's pages are drawn with."""

from typing import Any

from django import template

from roleplay.probing import words
from roleplay.probing.probe import Step

register = template.Library()


@register.inclusion_tag("admin/connections/_step.html")
def probe_step(step: Step) -> dict[str, Any]:
    return {"step": step}


@register.filter
def step_name(step: Step) -> str:
    return words.name_of(step)


@register.filter
def step_state(step: Step) -> str:
    return str(words.STATES[step.state])


@register.filter
def step_cause(step: Step) -> str:
    return words.cause_of(step)


@register.filter
def step_time(step: Step) -> str:
    return words.time_of(step)
