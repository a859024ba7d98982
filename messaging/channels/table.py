"""All channels. One more is a folder, its texts, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from messaging.channels.channel import Channel
from messaging.channels.console import console
from messaging.channels.outbox import outbox
from messaging.channels.sms import sms
from messaging.channels.smtp import smtp

CHANNELS: Mapping[str, Channel] = {
    channel.name: channel for channel in (console.CHANNEL, outbox.CHANNEL, sms.CHANNEL, smtp.CHANNEL)
}
