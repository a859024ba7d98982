"""The login for reviewers is told of before it goes live."""

from __future__ import annotations

from django.conf import LazySettings
from django.core import checks


def test_check_deploy_warns_while_it_is_set(settings: LazySettings) -> None:
    def warned() -> bool:
        return any(one.id == "cabinet.W001" for one in checks.run_checks(include_deployment_checks=True))

    assert not warned()
    settings.REVIEW_LOGIN = "+4915112345678:000000"
    assert warned()
