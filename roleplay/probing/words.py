"""What people are told of each step: its name, and the likely cause of what went wrong."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from roleplay.probing.probe import Step

NAMES = {
    "reachable": _("The address answers"),
    "key": _("The key is accepted"),
    "model": _("The model is there"),
    "replies": _("It replies"),
    "streams": _("Words arrive as they are written"),
}
# The name of a step that went wrong, or of one that only half worked.
NOT = {
    ("reachable", "failed"): _("The address does not answer"),
    ("key", "failed"): _("The key did not get in"),
    ("model", "failed"): _("The model was not found"),
    ("replies", "failed"): _("It does not reply"),
    ("streams", "failed"): _("The reply broke off"),
    ("streams", "slow"): _("Words do not arrive one by one"),
}
STATES = {
    "pending": _("not tried yet"),
    "ok": _("fine"),
    "slow": _("works, with a hitch"),
    "failed": _("failed"),
}
CAUSES = {
    # the line
    "name": _("No machine has this name. Look for a typing slip, or a missing DNS entry."),
    "refused": _("The machine is there, but nothing listens on this port. Is the server running?"),
    "no_line": _("No answer within 10 seconds. A firewall in between is likely."),
    "certificate": _("The certificate does not fit this name or is not trusted here."),
    "tls": _("No secure line. Perhaps the address should begin with http://."),
    "network": _("The network is down, or there is no way to this machine."),
    "slow_line": _("The line is slow. Replies will begin late."),
    # the reply
    "slow_reply": _("The model is slow to wake. Local models load at the first request."),
    "one_piece": _(
        "Replies will arrive in one piece. Streaming is off in the options, "
        "or a proxy in between is probably buffering."
    ),
    "gathered": _("Replies will arrive in one piece. A proxy in between is probably buffering."),
    # what engines say, by ProviderError.kind
    "unreachable": _("The line broke before an answer came. Is the path in the address right?"),
    "timed_out": _("No answer within 60 seconds. The model may be loading, or overloaded."),
    "unauthorized": _("The key is not accepted. Enter it again, and look whose service it is for."),
    "out_of_money": _("The account behind the key has no balance left."),
    "model_gone": _(
        "There is no such model or path. Look at the model's name, and at the end of the address."
    ),
    "rate_limited": _("Too many requests at the moment. The settings are fine; try again later."),
    "refused_text": _(
        "The service declined a plain greeting. Its content rules may be too strict."
    ),
    "too_long": _("Even a greeting is too long. The model's context is set too small."),
    "rejected": _("The service does not accept the request. A parameter is likely wrong."),
    "broke_off": _("The reply broke off. A proxy with a short time limit is likely."),
    "upstream": _("The service itself has a problem. The settings may be fine; try again later."),
    "nonsense": _("The answer cannot be understood. The kind of this connection may be wrong."),
    "too_much": _("The answer is larger than any reply may be."),
    "empty": _("An empty reply came back. The model's name or its chat template may be wrong."),
}
# Both the port and the model can refuse; each has its own sentence.
RENAMED = {("replies", "refused"): "refused_text", ("streams", "refused"): "refused_text"}


def name_of(step: Step) -> str:
    return str(NOT.get((step.name, step.state), NAMES[step.name]))


def cause_of(step: Step) -> str:
    """The likely cause in plain words; "" where nothing is wrong."""
    if not step.cause:
        return ""
    key = RENAMED.get((step.name, step.cause), step.cause)
    return str(CAUSES.get(key, CAUSES["upstream"]))


def time_of(step: Step) -> str:
    """How long it took, as in "34 ms" or "0.9 s"; "" where it was not measured."""
    if step.seconds is None:
        return ""
    if step.seconds < 1:
        thousandths = max(1, round(step.seconds * 1000))
        return ngettext("%d ms", "%d ms", thousandths) % thousandths
    return f"{step.seconds:.1f} s"
