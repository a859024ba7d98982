"""Django looks for the back office here; each subject has its own module.

The admins of the libraries are read first, so that ours can take their places.
"""

# ruff: noqa: F401

import axes.admin
import django.contrib.auth.admin
import django_celery_beat.admin
import rest_framework_api_key.admin
from django.contrib import admin
from rest_framework_api_key.models import APIKey

import backoffice.backtests
import backoffice.books
import backoffice.campaigns
import backoffice.coupons
import backoffice.coupons_list
import backoffice.goods
import backoffice.keys
import backoffice.ladders
import backoffice.payers
import backoffice.people
import backoffice.programmes
import backoffice.purchases
import backoffice.schedule
import backoffice.segments
import backoffice.shops
import backoffice.staff
import backoffice.timeline
import backoffice.webhooks

admin.site.unregister(APIKey)  # keys belong to tills and partners: see backoffice.keys
