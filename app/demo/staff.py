"""Departments, topics, units and the thirty people of the helpdesk."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.demo import LOGINS
from app.security.permissions import STAFF_ROLE
from models import Department, Membership, Role, Staff, Topic, Unit

SUPPORT, SOFTWARE, NETWORK, HARDWARE = range(4)
DEPARTMENTS = (
    ("Технічна підтримка", "Підтримка"),
    ("Програмне забезпечення", "Програми"),
    ("Мережі та зв'язок", "Мережі"),
    ("Обладнання", "Обладнання"),
)
UNITS = (
    *("Бухгалтерія", "Відділ кадрів", "Юридичний відділ", "Планово-економічний відділ", "Канцелярія"),
    *("Відділ закупівель", "Відділ збуту", "Служба безпеки", "Адміністративно-господарський відділ", "Склад"),
    *("Лабораторія", "Виробничий відділ", "Транспортний цех", "Відділ маркетингу", "Архів", "Дирекція"),
)
# name, department (None: common to all)
TOPICS: tuple[tuple[str, int | None], ...] = (
    ("Вхід і пароль", SUPPORT),
    ("Пошта", SUPPORT),
    ("Робоче місце", SUPPORT),
    ("Нарада та презентація", SUPPORT),
    ("1С та облік", SOFTWARE),
    ("Документообіг", SOFTWARE),
    ("Встановлення програм", SOFTWARE),
    ("Електронний підпис", SOFTWARE),
    ("Інтернет", NETWORK),
    ("Мережеві диски", NETWORK),
    ("Телефонія", NETWORK),
    ("Віддалений доступ", NETWORK),
    ("Друк", HARDWARE),
    ("Комп'ютер", HARDWARE),
    ("Картридж", HARDWARE),
    ("Монітор і периферія", HARDWARE),
    ("Консультація", None),
    ("Інше", None),
)
_BOSS, _WORKER = Role.COORDINATOR, Role.EMPLOYEE
# login, first name, surname, language, roles by department
PEOPLE: tuple[tuple[str, str, str, str, dict[int, Role]], ...] = (
    ("a.melnyk", "Андрій", "Мельник", "uk", {}),
    ("o.kovalenko", "Олена", "Коваленко", "uk", {SUPPORT: _BOSS}),
    ("s.orlov", "Сергій", "Орлов", "ru", {NETWORK: _BOSS}),
    ("i.tkachenko", "Іван", "Ткаченко", "uk", {SUPPORT: _WORKER}),
    ("n.bondar", "Наталія", "Бондар", "uk", {SOFTWARE: _WORKER}),
    ("d.shevchuk", "Дмитро", "Шевчук", "uk", {NETWORK: _WORKER}),
    ("v.lysenko", "Віктор", "Лисенко", "uk", {HARDWARE: _WORKER}),
    ("m.savchenko", "Марія", "Савченко", "uk", {SUPPORT: _WORKER}),
    # coordinates everything
    ("v.stelmakh", "Валентина", "Стельмах", "uk", dict.fromkeys(range(4), _BOSS)),
    ("p.kravets", "Павло", "Кравець", "uk", {SOFTWARE: _BOSS}),
    # a coordinator in one department and an employee in another
    ("t.humeniuk", "Тарас", "Гуменюк", "uk", {HARDWARE: _BOSS, NETWORK: _WORKER}),
    ("k.morozova", "Ксенія", "Морозова", "ru", {SUPPORT: _WORKER}),
    ("yu.petrenko", "Юрій", "Петренко", "uk", {SUPPORT: _WORKER}),
    ("a.volkova", "Анна", "Волкова", "ru", {SUPPORT: _WORKER}),
    ("b.koval", "Богдан", "Коваль", "uk", {SUPPORT: _WORKER, HARDWARE: _WORKER}),
    ("h.polishchuk", "Галина", "Поліщук", "uk", {SUPPORT: _WORKER}),
    ("m.zaitsev", "Максим", "Зайцев", "ru", {SUPPORT: _WORKER}),
    ("r.harmash", "Роман", "Гармаш", "uk", {SOFTWARE: _WORKER}),
    ("s.biletska", "Соломія", "Білецька", "uk", {SOFTWARE: _WORKER}),
    ("o.chumak", "Олександр", "Чумак", "uk", {SOFTWARE: _WORKER}),
    ("e.kuzmina", "Євгенія", "Кузьміна", "ru", {SOFTWARE: _WORKER}),
    ("a.yashchenko", "Артем", "Ященко", "uk", {SOFTWARE: _WORKER}),
    ("v.hrytsenko", "Віталій", "Гриценко", "uk", {NETWORK: _WORKER}),
    ("d.popov", "Денис", "Попов", "ru", {NETWORK: _WORKER}),
    ("o.mazur", "Ольга", "Мазур", "uk", {NETWORK: _WORKER}),
    ("m.hnatiuk", "Микола", "Гнатюк", "uk", {HARDWARE: _WORKER}),
    ("i.belov", "Ігор", "Бєлов", "ru", {HARDWARE: _WORKER}),
    ("l.kushnir", "Леся", "Кушнір", "uk", {HARDWARE: _WORKER}),
    # on probation for half a year, and one who has left
    ("n.vovk", "Назар", "Вовк", "uk", {SUPPORT: _WORKER}),
    ("z.dovhan", "Зоряна", "Довгань", "uk", {SOFTWARE: _WORKER}),
)
OPERATORS = ("m.savchenko", "h.polishchuk", "k.morozova")
ON_PROBATION, GONE = "n.vovk", "z.dovhan"


@dataclass
class Firm:
    """Ids of the reference rows, in the order of the tables above."""

    departments: list[int]
    topics: list[tuple[int, int | None]]
    units: list[int]
    staff: dict[str, int]

    def of_department(self, number: int) -> list[int]:
        """Those who work in the department now, the ones it coordinates included."""
        left = {ON_PROBATION, GONE}
        return [self.staff[p[0]] for p in PEOPLE if number in p[4] and p[0] not in left and len(p[4]) < 4]

    def chief_of(self, number: int) -> int:
        """The department's own coordinator."""
        return next(self.staff[p[0]] for p in PEOPLE if p[4].get(number) == _BOSS and len(p[4]) < 4)

    def operators(self) -> list[int]:
        """Those who answer the telephone."""
        return [self.staff[login] for login in OPERATORS]


def make_firm(session: Session, now: datetime) -> Firm:
    """Write the reference rows and the staff; flushed, not committed."""
    departments = [
        Department(name=name, short_name=short, position=place)
        for place, (name, short) in enumerate(DEPARTMENTS)
    ]
    session.add_all(departments)
    session.flush()
    session.add_all(Unit(name=name) for name in UNITS)
    session.add_all(
        Topic(name=name, department_id=None if place is None else departments[place].id)
        for name, place in TOPICS
    )
    session.add_all(_staff(session, departments, now))
    session.flush()
    return load_firm(session)


def load_firm(session: Session) -> Firm:
    """The rows that :func:`make_firm` wrote; raises LookupError where they are not."""
    departments = _ids(session, Department.name, Department.id)
    topics, units = _ids(session, Topic.name, Topic.id), _ids(session, Unit.name, Unit.id)
    staff = _ids(session, Staff.username, Staff.id)
    return Firm(
        departments=[departments[name] for name, _short in DEPARTMENTS],
        topics=[(topics[name], place) for name, place in TOPICS],
        units=[units[name] for name in UNITS],
        staff={person[0]: staff[person[0]] for person in PEOPLE},
    )


def _ids(session: Session, name: object, number: object) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(select(name, number))}  # type: ignore[call-overload]  # columns of either table


def _staff(session: Session, departments: list[Department], now: datetime) -> list[Staff]:
    roles = {role.name: role for role in session.scalars(select(ScreenRole))}
    administrator = current_app.config["AUTH_ROLE_ADMIN"]
    hashes = {login: generate_password_hash(password) for login, password, _role in LOGINS}
    # nobody knows it: of the thirty, only those of LOGINS can sign in
    unknown = generate_password_hash(secrets.token_urlsafe(32))
    found = []
    for login, first_name, surname, language, places in PEOPLE:
        person = Staff(
            username=login,
            first_name=first_name,
            last_name=surname,
            email=f"{login}@corp.example",
            password=hashes.get(login, unknown),
            active=login != GONE,
            locale=language,
            roles=[roles[STAFF_ROLE if places else administrator]],
        )
        person.memberships = [
            Membership(department_id=departments[place].id, role=role, **_dates(login, now))
            for place, role in places.items()
        ]
        found.append(person)
    return found


def _dates(login: str, now: datetime) -> dict[str, datetime | None]:
    if login == ON_PROBATION:
        return {"valid_from": now - timedelta(days=60), "valid_until": now + timedelta(days=120)}
    return {"valid_until": now - timedelta(days=20)} if login == GONE else {}
