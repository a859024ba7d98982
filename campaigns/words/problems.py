"""What is wrong with a definition, as files, messages and commands say it."""

from __future__ import annotations

from django.utils.translation import gettext

from campaigns.engine.problem import Problem
from campaigns.engine.problem_sentences import OF_PROGRAMME


def tell_problem(problem: Problem) -> str:
    """What is wrong and how to mend it: what is said of a programme in the reader's language, of fields in English."""
    return problem.say(gettext) if problem.code in OF_PROGRAMME else problem.message
