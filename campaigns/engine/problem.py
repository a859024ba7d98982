"""What is wrong in a definition, and where: a code with arguments. Sentences are made where they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from campaigns.engine.problem_sentences import SENTENCES, WANTED
from loyalty.rules.sentences import write


class Problem(NamedTuple):
    """What is wrong in a document: the ``path`` of the field (``what[0].percent``), and a ``code`` with arguments.

    ``args`` are texts to fill in: values as Python writes them, names as the document has them. What a field wants
    instead is ``args["wanted"]``, a key of ``problem_sentences.WANTED``.
    """

    path: str
    code: str
    args: Mapping[str, str] = {}

    @property
    def message(self) -> str:
        """What is wrong and how to mend it, in English."""
        return self.say()

    def say(self, translate: Callable[[str], str] = str) -> str:
        """The same in the language of ``translate``."""
        sentence = translate(SENTENCES.get(self.code, self.code))
        return write(self.code, self.args, {self.code: sentence}, WANTED)


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by place and wording, each told once."""
    told = {(problem.path, problem.message): problem for problem in problems}
    return [told[key] for key in sorted(told)]
