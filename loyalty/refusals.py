"""Ways in which a request is refused, under the name by which the rooms know them (``members.refusals``)."""

from members.refusals import Conflict, Fault, Forbidden, Invalid, Missing, Refusal, Refused

__all__ = ["Conflict", "Fault", "Forbidden", "Invalid", "Missing", "Refusal", "Refused"]
