"""How the panel names what went wrong with a reply: short, for lists."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "unauthorized": _("Key not accepted"),
    "out_of_money": _("No balance left"),
    "rate_limited": _("Too many requests"),
    "refused": _("Declined by the service"),
    "too_long": _("Too long for the model"),
    "model_gone": _("No such model"),
    "rejected": _("Request not accepted"),
    "unreachable": _("Not reachable"),
    "timed_out": _("No answer in time"),
    "broke_off": _("Broke off"),
    "upstream": _("Trouble at the service"),
    "nonsense": _("Answer not understood"),
    "too_much": _("Answer too large"),
    "empty": _("Empty reply"),
    "over_quota": _("Over the daily limit"),
}
