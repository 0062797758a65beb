"""The white list and its letters, for administrators."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from redis.exceptions import RedisError
from sqlalchemy import select

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.extensions import queue
from app.notify.mail import Problem, has_mail_server
from app.services.directory_source import find_source
from app.services.group_logins import logins_of_group
from app.services.invitations import access_letter, list_letters, revoke_letter
from app.services.refused_requests import list_refused
from app.services.white_list import NewRules, add_rules, ensure_administrator, list_rules, revoke_rule
from models import Department, Ending, Invitation, Role, utcnow
from views.base import Screen, current_actor, session
from views.call_form import read_id
from views.client_parts import is_part
from views.ticket_query import number_in

SEND_AGAIN = "jobs.invitations.send_again"
ADDRESS = "/access/white-list/"
SHOWN = 200
LONGEST_LOGIN = 128
ICONS = {"joined": "check-circle-fill", "sent": "envelope", "waiting": "hourglass-split"}


class WhiteListView(Screen):
    """``/access/white-list/``: who may come in by himself, who has asked, and who has joined."""

    route_base = "/access/white-list"
    default_view = "show"
    menu = ("White list", lazy_gettext("White list"), "fa-user-plus")
    class_permission_name = "WhiteList"

    @expose("/")
    def show(self) -> Any:
        """The form, the rules, the letters and the refused; ``add`` stands in the form already."""
        ensure_administrator(current_actor())
        wanted = request.args.get("add", "").replace("\0", "").strip()[:LONGEST_LOGIN]
        return self._draw(NewRules(wanted, None, Role.EMPLOYEE))

    @expose("/refused")
    def refused(self) -> str:
        """A page of the requests that got no letter: a part for the script, and a page without it."""
        page = list_refused(session(), actor=current_actor(), before=number_in(request.args.get("before")))
        template = "access/refused.html" if is_part() else "access/refused_page.html"
        return self.page(template, refused=page, reasons=_reasons())

    @expose("/rules", methods=["POST"])
    def add(self) -> Any:
        """Write the typed lines down; with ``from_group`` the group's logins are put into the field first."""
        typed = _typed()
        try:
            if request.form.get("from_group"):
                logins = logins_of_group(session(), request.form.get("group", ""), actor=current_actor())
                return self._draw(_with_logins(typed, logins), found=len(logins))
            with unit_of_work(session()):
                new, changed = add_rules(session(), typed, actor=current_actor())
        except Invalid as error:
            if not error.fields:
                error = Invalid(fields={"group": error.message})
            return self._draw(typed, error.fields), 422
        flash(ngettext("%(num)d line added.", "%(num)d lines added.", new), "success")
        if changed:
            flash(ngettext("%(num)d line changed.", "%(num)d lines changed.", changed), "success")
        return redirect(ADDRESS, 303)

    @expose("/rules/<int:rule_id>/revoke", methods=["POST"])
    def revoke_line(self, rule_id: int) -> Any:
        """Take a line back together with its unopened letters."""
        with unit_of_work(session()):
            rule = revoke_rule(session(), rule_id, actor=current_actor())
        flash(_("“%(pattern)s” is off the white list.", pattern=rule.pattern), "success")
        return redirect(ADDRESS, 303)

    @expose("/letters/<int:letter_id>/revoke", methods=["POST"])
    def revoke_letter(self, letter_id: int) -> Any:
        """Close a letter; its line stays on the list."""
        ensure_administrator(current_actor())
        try:
            with unit_of_work(session()):
                letter = revoke_letter(session(), letter_id, actor=current_actor())
        except Conflict as error:
            flash(error.message, "warning")
            return redirect(ADDRESS, 303)
        flash(_("The letter to %(login)s opens nothing any more.", login=letter.login), "success")
        return redirect(ADDRESS, 303)

    @expose("/letters/<int:letter_id>/resend", methods=["POST"])
    def resend(self, letter_id: int) -> Any:
        """Send a new letter in place of this one."""
        ensure_administrator(current_actor())
        letter = access_letter(session(), letter_id)
        if letter.used_at is not None:
            flash(_("%(login)s has joined already.", login=letter.login), "warning")
            return redirect(ADDRESS, 303)
        try:
            queue().enqueue(SEND_AGAIN, letter_id, current_actor().id, result_ttl=0, failure_ttl=3600)
        except (RedisError, OSError):
            flash(_("The letter could not be handed over: Redis does not answer. Try again later."), "danger")
            return redirect(ADDRESS, 303)
        flash(_("A new letter to %(login)s is on its way.", login=letter.login), "success")
        return redirect(ADDRESS, 303)

    def _draw(self, typed: NewRules, wrong: dict[str, str] | None = None, found: int = 0) -> str:
        wanted = request.args.get("q", "").replace("\0", "").strip()[:100]
        departments = session().scalars(select(Department).order_by(Department.position, Department.name))
        now = utcnow()
        return self.page(
            "access/white_list.html",
            typed=typed,
            group=request.form.get("group", "")[:1000],
            wrong=wrong or {},
            labels=_labels(),
            found=found,
            wanted=wanted,
            departments=list(departments),
            roles=_roles(),
            rules=list_rules(session(), wanted, most=SHOWN),
            letters=[(letter, *_standing(letter)) for letter in list_letters(session(), wanted, most=SHOWN)],
            refused=list_refused(session(), actor=current_actor()),
            reasons=_reasons(),
            now=now,
            shown=SHOWN,
            has_mail_server=has_mail_server(),
            has_directory=find_source(session()).id is not None,
            sender=current_app.config["MAIL_FROM"],
        )


def _typed() -> NewRules:
    form = request.form
    days = form.get("days", "").strip()
    return NewRules(
        patterns=form.get("patterns", ""),
        department_id=read_id(form.get("department_id")),
        role=form.get("role", ""),
        note=form.get("note", ""),
        days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else None if days else 0,
    )


def _with_logins(typed: NewRules, logins: list[str]) -> NewRules:
    """The form with these logins added to what was typed; nothing is written yet."""
    patterns = "\n".join([*typed.patterns.splitlines(), *logins]).strip()
    return NewRules(patterns, typed.department_id, typed.role, typed.note, typed.days)


def _roles() -> dict[str, str]:
    return {Role.EMPLOYEE: _("Employee"), Role.COORDINATOR: _("Coordinator")}


def _labels() -> dict[str, str]:
    return {
        "patterns": _("Logins, e-mails or *@domain"),
        "department_id": _("Department"),
        "role": _("Role"),
        "days": _("Days"),
        "note": _("Note"),
        "group": _("Group of the directory"),
    }


def _standing(letter: Invitation) -> tuple[str, str, str]:
    """(icon, word, why) of a letter."""
    if letter.used_at is not None:
        return ICONS["joined"], _("has joined"), ""
    if letter.ended_at is not None:
        return "x-circle", _("closed"), _endings().get(letter.ending, "")
    if letter.sent_at is None:
        return ICONS["waiting"], _("waiting"), _problems().get(letter.problem, "")
    if letter.expires_at is None or letter.expires_at <= utcnow():
        return "clock-history", _("expired"), ""
    return ICONS["sent"], _("sent"), ""


def _reasons() -> dict[str, str]:
    return {
        "not_listed": _("is not on the white list"),
        "no_mailbox": _("the directory knows no mailbox"),
        "directory": _("the directory did not answer"),
        "has_account": _("has an account already"),
    }


def _endings() -> dict[str, str]:
    return {
        Ending.REPLACED: _("a newer letter was asked for"),
        Ending.REVOKED: _("taken back"),
        Ending.BURNT: _("the temporary password was wrong five times"),
        Ending.UNDELIVERABLE: _("the letter could not be delivered"),
        Ending.OVERTAKEN: _("an account with this login or e-mail is there already"),
    }


def _problems() -> dict[str, str]:
    return {
        Problem.NO_SERVER: _("no mail server is set"),
        Problem.UNREACHABLE: _("the mail server does not answer; it is tried again"),
        Problem.CERTIFICATE: _("the mail server's encryption cannot be trusted; it is tried again"),
        Problem.SIGN_IN: _("the mail server refuses the helpdesk's own login; it is tried again"),
        Problem.BUSY: _("the mail server asks to come again; it is tried again"),
    }
