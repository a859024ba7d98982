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

import backoffice.backtests.register
import backoffice.books.ledger
import backoffice.books.purchases
import backoffice.campaigns
import backoffice.coupons.one_by_one
import backoffice.coupons.series
import backoffice.members.consent_texts
import backoffice.members.people
import backoffice.members.timeline
import backoffice.payers
import backoffice.programmes.ladders
import backoffice.programmes.programmes
import backoffice.questionnaires.register
import backoffice.requests.register
import backoffice.segments.register
import backoffice.shops.goods
import backoffice.shops.keys
import backoffice.shops.shops
import backoffice.site.appearance
import backoffice.site.landings
import backoffice.staff.schedule
import backoffice.staff.staff
import backoffice.webhooks

admin.site.unregister(APIKey)  # keys belong to tills and partners: see backoffice.shops.keys
