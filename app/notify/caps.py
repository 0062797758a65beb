"""How much of what costs money may go on one day: to one person, and in all."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.notify.channels.base import Settings
from models import Delivery, utcnow


def is_over_cap(session: Session, channel: str, user_id: int, settings: Settings) -> bool:
    """Whether the day's parts of this channel are used up; 0 or nothing set: no cap.

    A day begins at midnight of the helpdesk's time zone.
    """
    cap_person, cap_all = settings.number("cap_person"), settings.number("cap_all")
    if not cap_person and not cap_all:
        return False
    person = func.coalesce(func.sum(Delivery.parts).filter(Delivery.user_id == user_id), 0)
    everybody = func.coalesce(func.sum(Delivery.parts), 0)
    used = session.execute(
        select(person, everybody).where(
            Delivery.channel == channel, Delivery.sent_at >= midnight(), Delivery.created_at >= midnight(2)
        )
    ).one()
    return bool((cap_person and used[0] >= cap_person) or (cap_all and used[1] >= cap_all))


def midnight(days_ago: int = 0) -> datetime:
    """The beginning of this day, or of one before; an index by creation keeps the count short."""
    zone = ZoneInfo(current_app.config["TIME_ZONE"])
    return datetime.combine(utcnow().astimezone(zone).date() - timedelta(days=days_ago), time(), zone)
