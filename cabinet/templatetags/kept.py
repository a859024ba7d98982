"""Parts of a page that look the same to whoever sees the same in them: written once, and kept while they are asked for.

    {% kept programme.code look %} ... {% endkept %}

What is between the tags shows the named values, what follows from them alone, and texts in the page's language. Whose
page it is does not matter then: nothing personal is kept that is not named, and what is named is found by itself only.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from foundation.remembered import Remembered

#: Seconds for which a part is kept that nobody asks for.
IDLE = 60.0
register = template.Library()


class Kept(template.Node):
    """The part of a template, and what was written of it in this process."""

    child_nodelists = ("nodes",)

    def __init__(self, nodes: NodeList, values: list[FilterExpression]) -> None:
        self.nodes, self.values = nodes, values
        self._written: Remembered[tuple[Any, ...], SafeString] = Remembered(None, IDLE)

    def render(self, context: Context) -> SafeString:
        """What was written for the same values in the same language; else it is written now."""
        key = (get_language(), *[value.resolve(context) for value in self.values])
        return self._written.find(key, lambda _key: self.nodes.render(context))


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    """Keep what is between ``kept`` and ``endkept`` by the values named: texts, numbers, moments, tuples of them."""
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(nodes, values)
