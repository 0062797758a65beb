"""The state of notifications in numbers for Prometheus, read from the database in seven statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.notify.channels.registry import CHANNELS, channels_on, kind_of
from app.services.delivery_statistics import read_speeds
from models import ChannelHealth, ChannelName, Delivery, DeliveryStatus, Incoming, OutboxEvent, utcnow

RECENT = timedelta(hours=1)  # of which the speed is told


class NotificationCollector(Collector):
    """Asks the database once for each scrape."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def collect(self) -> Iterator[Metric]:
        """Every metric; names are in docs of Prometheus' style: base units, ``_total`` for counters."""
        yield from self._totals()
        yield from self._waiting()
        yield self._speeds()
        yield self._channels()
        outbox = select(func.count()).where(OutboxEvent.fanned_out_at.is_(None))
        yield GaugeMetricFamily(
            "helpdesk_outbox_waiting_events",
            "Events whose deliveries are not made yet.",
            value=self.session.scalar(outbox) or 0,
        )
        yield self._incoming()

    def _totals(self) -> Iterator[Metric]:
        told = CounterMetricFamily(
            "helpdesk_deliveries", "Deliveries by how they stand.", labels=["channel", "status"]
        )
        numbers: dict[tuple[str, str], int] = defaultdict(int)
        parts, cost = 0, Decimal(0)
        query = select(
            Delivery.channel,
            Delivery.status,
            func.count(),
            func.sum(Delivery.parts),
            func.sum(Delivery.cost),
        ).group_by(Delivery.channel, Delivery.status)
        for row in self.session.execute(query):
            numbers[kind_of(row[0]), row[1]] += row[2]
            if row[0] == ChannelName.SMS:
                parts, cost = parts + (row[3] or 0), cost + Decimal(str(row[4] or 0))
        for (channel, status), number in sorted(numbers.items()):
            told.add_metric([channel, status], number)
        yield told
        yield CounterMetricFamily("helpdesk_sms_parts", "Parts of short messages sent.", value=parts)
        yield CounterMetricFamily("helpdesk_sms_cost", "What they cost, as set.", value=float(cost))

    def _waiting(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "helpdesk_deliveries_waiting", "Deliveries that wait or are tried again.", labels=["channel"]
        )
        oldest = GaugeMetricFamily(
            "helpdesk_oldest_waiting_seconds", "How long the longest has been due.", labels=["channel"]
        )
        numbers: dict[str, int] = dict.fromkeys(sorted(CHANNELS), 0)
        ages: dict[str, float] = dict.fromkeys(sorted(CHANNELS), 0.0)
        now = utcnow()
        query = (
            select(Delivery.channel, func.count(), func.min(Delivery.due_at))
            .where(Delivery.status == DeliveryStatus.WAITING, Delivery.channel != ChannelName.POPUP)
            .group_by(Delivery.channel)
        )
        for channel, count, first in self.session.execute(query):
            name = kind_of(channel)
            numbers[name] = numbers.get(name, 0) + count
            ages[name] = max(ages.get(name, 0.0), (now - first).total_seconds())
        for name, number in numbers.items():
            waiting.add_metric([name], number)
            oldest.add_metric([name], ages[name])
        yield waiting
        yield oldest

    def _speeds(self) -> Metric:
        """Quantiles of the last hour: a bounded look, whatever the ledger holds."""
        family = GaugeMetricFamily(
            "helpdesk_delivery_seconds",
            "Seconds from the event until it was sent, of the last hour.",
            labels=["channel", "quantile"],
        )
        for speed in read_speeds(self.session, utcnow() - RECENT):
            family.add_metric([speed.channel, "0.5"], speed.median)
            family.add_metric([speed.channel, "0.95"], speed.p95)
        return family

    def _channels(self) -> Metric:
        family = GaugeMetricFamily(
            "helpdesk_channel_up", "1: switched on and not failing.", labels=["channel"]
        )
        failing = set(
            self.session.scalars(
                select(ChannelHealth.channel).where(ChannelHealth.failing_since.is_not(None))
            )
        )
        on = channels_on(self.session)
        for name in sorted(CHANNELS):
            if name in on:
                family.add_metric([name], 0 if name in failing else 1)
        return family

    def _incoming(self) -> Metric:
        family = CounterMetricFamily(
            "helpdesk_incoming", "Messages that came in.", labels=["source", "outcome"]
        )
        query = select(Incoming.source, Incoming.outcome, func.count()).group_by(
            Incoming.source, Incoming.outcome
        )
        for source, outcome, number in self.session.execute(query):
            family.add_metric([source, outcome], number)
        return family


def metrics_text(session: Session) -> bytes:
    """All metrics in the text format 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(NotificationCollector(session))
    return generate_latest(registry)
