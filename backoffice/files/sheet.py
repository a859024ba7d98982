"""What every table that goes in and out as a file has in common: its columns, its cells, and how records are found.

Going out, a sheet is a resource of the library django-import-export. Coming in, ``sheet_rows`` walks through a
file a thousand rows at a time, asking the sheet for everything that differs from table to table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from backoffice.files import cells
from backoffice.files.sheet_drafts import Draft
from backoffice.files.sheet_files import Row
from foundation.text_files import FileFault

#: Columns of a file that are told to be wrong.
_MOST_COLUMNS = 20
#: Rows of one statement.
_TOGETHER = 1_000


class CodeWidget(ForeignKeyWidget):  # type: ignore[misc]
    """Another record named by its code. Coming in, ``Sheet.look_up`` finds those of many rows at once."""

    def __init__(self, model: type[Model], field: str, read: Callable[[str], str] = str) -> None:
        super().__init__(model, field)
        self.read = read

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        """The code, harmless."""
        return cells.harmless(super().render(value, obj, **options) or "")

    def unknown(self, text: str) -> str:
        """What is told of a code that nothing has."""
        told = _("There is no %(kind)s “%(code)s”.")
        return told % {"kind": self.model._meta.verbose_name, "code": text}


class Sheet(ModelResource):  # type: ignore[misc]
    """What every table has in common. What a file has no column for stays as it is.

    ``fixed`` are the columns that a record keeps for ever, as in its form. A sheet serves one walk through one
    file: it remembers what it has looked up. ``author`` and ``file`` are for the records' history.
    """

    fixed: tuple[str, ...] = ()

    def __init__(self, author: int | None = None, file: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.author, self.file = author, file
        self.linked: dict[str, dict[str, list[Any]]] = defaultdict(dict)

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: Any, readonly: bool) -> Field:
        """A column, with the cell for what it holds."""
        cell = cells.cell_of(django_field, [code for code, _name in settings.LANGUAGES])
        return Field(field_name, field_name, cell, readonly=readonly, default=django_field.get_default())

    def export_field(self, field: Field, instance: Any, **options: Any) -> Any:
        """A cell. Whatever a column's widget makes of it, no text goes out that is taken for a formula."""
        value = super().export_field(field, instance, **options)
        return cells.harmless(value) if isinstance(value, str) and not value.startswith("'") else value

    # Columns

    @property
    def key(self) -> tuple[str, ...]:
        """The columns by which a row is known."""
        return tuple(self._meta.import_id_fields)

    def columns(self, headers: Sequence[str]) -> list[str]:
        """The columns of a file, by their codes or by their names in any language. Raises ``FileFault``."""
        names = self._names()
        headers = [header.strip().lstrip("\ufeff") for header in headers]
        known = [names.get(header.lower(), "") for header in headers]
        told = ", ".join(field.column_name for field in self.get_import_fields())
        wrong = []
        for header, name in dict(zip(headers, known, strict=True)).items():
            if not name:
                wrong.append(_("There is no column “%(name)s”.") % {"name": header})
        for name in dict.fromkeys(filter(None, known)):
            if known.count(name) > 1:
                wrong.append(_("The column “%(name)s” is there twice.") % {"name": name})
        for name in self.key:
            if name not in known:
                wrong.append(_("The column “%(name)s” is missing: rows are known by it.") % {"name": name})
        if wrong:
            raise FileFault(" ".join([*wrong[:_MOST_COLUMNS], _("There are: %(known)s.") % {"known": told}]))
        return known

    def _names(self) -> dict[str, str]:
        """The columns by everything they may be called, in small letters."""
        names = {}
        for field in self.get_import_fields():
            label = self._meta.model._meta.get_field(field.attribute).verbose_name
            for language, _name in settings.LANGUAGES:
                with override(language):
                    names[str(label).lower()] = field.column_name
        return names | {field.column_name.lower(): field.column_name for field in self.get_import_fields()}

    def label(self, name: str) -> str:
        """What people call a column."""
        return str(self._meta.model._meta.get_field(name).verbose_name)

    # Cells

    def look_up(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Find the records that cells of these rows name, all of a column in one statement."""
        for place, name in enumerate(columns):
            widget = self.fields[name].widget
            if not isinstance(widget, CodeWidget):
                continue
            codes = {self._code(widget, row.cells[place]) for row in rows} - {"", *self.linked[name]}
            found = widget.model.objects.filter(**{f"{widget.field}__in": codes}) if codes else ()
            self.linked[name] |= {code: [] for code in codes}
            for record in found:
                self.linked[name][getattr(record, widget.field)].append(record)

    def _code(self, widget: CodeWidget, cell: str) -> str:
        text = cells.plain(cell)
        try:
            return widget.read(text) if text else ""
        except ValidationError:
            return ""

    def read(self, name: str, cell: str) -> Any:
        """What a cell holds. Raises ``ValueError`` or ``ValidationError``."""
        widget = self.fields[name].widget
        if not isinstance(widget, CodeWidget):
            return widget.clean(cell)
        text = cells.plain(cell)
        if not text:
            return None
        found = self.linked[name].get(widget.read(text), [])
        if not found:
            raise ValueError(widget.unknown(text))
        if len(found) > 1:
            raise ValueError(_("“%(code)s” can be two of them.") % {"code": text})
        return found[0]

    def show(self, name: str, value: Any) -> str:
        """A value as people read it."""
        widget = self.fields[name].widget
        if isinstance(widget, CodeWidget):
            return "" if value is None else str(getattr(value, widget.field))
        return cells.plain(widget.render(value))

    # Records

    def key_of(self, values: Any) -> tuple[Any, ...]:
        """By what the record of a row is known."""
        return tuple(getattr(values[name], "pk", values[name]) for name in self.key)

    def find(self, drafts: Sequence[Draft], *, lock: bool) -> dict[Any, list[Any]]:
        """The records that rows mean, by the rows' keys; locked in one order for who writes them."""
        if not drafts:
            return {}
        wanted = {f"{name}__in": {draft.key[place] for draft in drafts if draft.key}
                  for place, name in enumerate(self.key)}  # fmt: skip
        found: dict[Any, list[Any]] = defaultdict(list)
        for record in self.rows(lock).filter(**wanted):
            attributes = (self._meta.model._meta.get_field(name).attname for name in self.key)
            found[tuple(getattr(record, name) for name in attributes)].append(record)
        return found

    def rows(self, lock: bool) -> Any:
        """The table's records in their order, with what its columns name."""
        links = [name for name, field in self.fields.items() if isinstance(field.widget, CodeWidget)]
        rows = self._meta.model.objects.order_by("pk").select_related(*links)
        return rows.select_for_update(of=("self",), no_key=True) if lock else rows

    def begin(self) -> Any:
        """A record that is not there yet."""
        return self._meta.model()

    def several(self) -> str:
        """What is told of a row that means several records."""
        return _("Several records are known by this: change them on their pages.")

    def unchecked(self, values: Any, wrong: set[str], *, is_new: bool) -> set[str]:
        """Fields that a record is not asked about: what was found wrong already, records that were looked up, and
        of one that is there all that the file does not speak of."""
        links = {name for name, value in values.items() if isinstance(value, Model)}
        fields = {field.name for field in self._meta.model._meta.concrete_fields}
        return wrong | links | (set() if is_new else fields - set(values))

    def check(self, drafts: Sequence[Draft]) -> None:
        """Note mistakes that no row has alone."""

    def write(self, drafts: Sequence[Draft], at: datetime) -> None:
        """Make the records of new rows."""
        self._meta.model.objects.bulk_create([draft.record for draft in drafts], batch_size=_TOGETHER)

    def rewrite(self, drafts: Sequence[Draft]) -> None:
        """Change the records of rows that change any, and of these the columns that the file has."""
        names = [name for draft in drafts[:1] for name in draft.before]
        if not names:
            return
        model = self._meta.model
        fields = [model._meta.get_field(name) for name in names]
        quote = connection.ops.quote_name
        changed = ", ".join(f"{quote(field.column)} = %s" for field in fields)
        statement = (
            f"UPDATE {quote(model._meta.db_table)} SET {changed} WHERE {quote(model._meta.pk.column)} = %s"
        )
        with connection.cursor() as cursor:
            cursor.executemany(statement, [
                [*(field.get_db_prep_save(getattr(draft.record, field.attname), connection) for field in fields),
                 draft.record.pk]
                for draft in drafts
            ])  # fmt: skip

    def log(self, drafts: Sequence[Draft]) -> None:
        """Note in the records' history whom the rows were brought by."""
        if self.author is None:
            return
        kind = ContentType.objects.get_for_model(self._meta.model)
        told = _("From the file “%(file)s”.") % {"file": self.file}
        LogEntry.objects.bulk_create(
            [
                LogEntry(
                    user_id=self.author, content_type=kind, object_id=str(draft.record.pk),
                    object_repr=str(draft.record)[:200], change_message=told,
                    action_flag=ADDITION if draft.is_new else CHANGE,
                )
                for draft in drafts if draft.is_new or draft.is_changed
            ],
            batch_size=_TOGETHER,
        )  # fmt: skip
