"""Texts of the libraries below the back office that they leave in English, or put badly in Russian.

Nothing here is called: the texts are collected from this file together with ours, and a catalogue
of ours comes before those of the libraries.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop, ngettext_lazy

DJANGO = (  # nouns are declined in Russian, and Django puts them in as they are
    gettext_noop("Add %s"),
    gettext_noop("Change %s"),
    gettext_noop("View %s"),
    gettext_noop("Add %(name)s"),
    gettext_noop("Add another %(verbose_name)s"),
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    gettext_noop("Save and add another"),
    gettext_noop("Save and continue editing"),
    gettext_noop("Enter a valid phone number."),
    gettext_noop("Enter a valid phone number (e.g. {example_number})."),
)

BEAT = (  # a number and a noun, which Russian would decline: told apart instead
    gettext_noop("every {}"),
    gettext_noop("every {} {}"),
    gettext_noop("Hour"),
)

UNFOLD_FRAME = (
    gettext_noop("Search apps and models..."),
    gettext_noop("All applications"),
    gettext_noop("Type to search"),
    gettext_noop("Recent searches"),
    gettext_noop("No recent searches"),
    gettext_noop("No results matching your query"),
    gettext_noop("Loading more results..."),
    gettext_noop("Light"),
    gettext_noop("Dark"),
    gettext_noop("System"),
    gettext_noop("Return to site"),
    gettext_noop("Go back"),
    gettext_noop("General"),
    gettext_noop("Welcome back to"),
    gettext_noop("Forgotten your password or username?"),
    gettext_noop("Toggle password visibility"),
    gettext_noop("You have been successfully logged out from the administration"),
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
        "counter",
    ),
)

UNFOLD_LISTS = (
    gettext_noop("Previous"),
    gettext_noop("Next"),
    gettext_noop("No results found"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Reset filters"),
    gettext_noop("Apply Filters"),
    gettext_noop("Select record"),
    gettext_noop("Select all rows"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Run"),
    gettext_noop("More actions"),
    gettext_noop("Expand row"),
    gettext_noop("Collapse"),
    gettext_noop("True"),
    gettext_noop("False"),
    gettext_noop("From"),
    gettext_noop("To"),
    gettext_noop("Date from"),
    gettext_noop("Date to"),
    gettext_noop("Value"),
    gettext_noop("No data"),
    gettext_noop("Not enough data."),
    gettext_noop("This exporter will export the following fields"),
    gettext_noop("Select format"),
    gettext_noop("Choose file to upload"),
)

UNFOLD_FORMS = (
    gettext_noop("Select value"),
    gettext_noop("Add row"),
    gettext_noop("Add new item"),
    gettext_noop("Edit"),
    gettext_noop("Object"),
    gettext_noop("This item will be deleted."),
    gettext_noop("Click to cancel"),
    gettext_noop("Click to download"),
    gettext_noop("Image preview"),
    gettext_noop("Record picture"),
    gettext_noop("Current file"),
    gettext_noop("After you've created a user, you’ll be able to edit more user options."),
    gettext_noop(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the "
        'password using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
