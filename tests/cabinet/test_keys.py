"""The same form carries the same key, however often it is sent."""

from django.template import Context, Template
from django.test import RequestFactory

from cabinet import keys


def test_a_page_that_is_mended_keeps_the_key_of_its_form():
    once = keys.new()
    template = Template("{% load form_keys %}{% form_key %}")
    assert f'value="{once}"' in template.render(Context({"key": once}))
    assert template.render(Context({})) != template.render(Context({}))


def test_a_form_without_a_key_of_ours_has_a_new_one():
    request = RequestFactory().post("/", {"key": "not one"})
    assert keys.read(request) != keys.read(request)
    once = keys.new()
    assert keys.read(RequestFactory().post("/", {"key": str(once)})) == once
