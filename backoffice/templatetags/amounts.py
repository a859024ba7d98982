"""Amounts as people say them: ``1 point``, ``2.5 points``; and figures as their language writes them."""

from __future__ import annotations

from django import template

from backoffice import figures
from campaigns.words.phrases import words

register = template.Library()
register.filter("points", words.points)
register.filter("number", words.number)
register.filter("amount", figures.amount)
