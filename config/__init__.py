"""How Regulars is put together and run: settings, URLs, Celery, embedded database, process manager."""
