"""The OpenAPI document and its page. Open to everyone: they hold nothing secret."""

from __future__ import annotations

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Document(SpectacularAPIView):
    """The OpenAPI 3.1 document, as JSON or YAML."""


class Page(SpectacularSwaggerSplitView):
    """The documentation page: every asset comes from this server."""

    template_name = "pos/docs.html"
    url_name = "api-schema"
    title = "Regulars POS API"
