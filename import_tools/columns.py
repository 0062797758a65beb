"""Which column of a list holds what: headers in Ukrainian, Russian, English, and Active Directory's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from app.errors import Invalid

MOST_COLUMNS = 100
# of several columns for one thing the one named first here is read; phones are read from all of them
_HEADERS = {
    "name": """displayname fullname name cn піб пібпрацівника повнеімя прізвищеімяпобатькові прізвищетаімя
        прізвищеімя співробітник працівник абонент фио фиосотрудника полноеимя фамилияимяотчество фамилияимя
        сотрудник работник person employee прізвищеімятапобатькові прізвищеініціали прізвищетаініціали
        піпб фиоработника фамилияимяиотчество фамилияинициалы фамилияиинициалы""",
    "surname": "sn surname lastname familyname прізвище фамилия",
    "first_name": "givenname firstname імя имя",
    "patronymic": "patronymic middlename побатькові отчество",
    "login": "samaccountname login username userid uid account логін логин обліковийзапис учетнаязапись",
    "email": """mail email emailaddress пошта електроннапошта електроннаадреса почта электроннаяпочта
        электронныйадрес""",
    "unit": """department unit division ou підрозділ відділ структурнийпідрозділ департамент подразделение
        отдел структурноеподразделение назвапідрозділу названиеподразделения""",
    "job_title": "title jobtitle position посада должность",
    "room": """physicaldeliveryofficename office room кабінет кімната каб номеркабінету кабинет комната
        номеркабинета офис офіс кабінету кабинета кімн комн аудиторія аудитория номеркімнати номеркомнаты""",
    "phone": """telephonenumber phone telephone ipphone othertelephone mobile extension телефон телефони тел
        номертелефону внутрішнійтелефон внутрішній мобільний мобільнийтелефон телефоны номертелефона
        внутреннийтелефон внутренний мобильный мобильныйтелефон телефону телефона внутртел внутртелефон
        телвнутр телефонвнутрішній телефонвнутренний міськийтелефон міський телміський телефонміський
        міський городскойтелефон городской телгородской телефонгородской робочийтелефон рабочийтелефон
        службовийтелефон служебныйтелефон контактнийтелефон контактныйтелефон мобтел мобтелефон моб
        телефонмобільний телефонмобильный""",
    "note": "description note notes comment примітка примітки примечание комментарий",
    "guid": "objectguid guid",
    "disabled": "disabled useraccountcontrol accountdisabled вимкнено звільнений отключен уволен",
    "active": "active enabled isactive працює активний работает активен",
}
HEADERS = {field: tuple(headers.split()) for field, headers in _HEADERS.items()}
MANY = frozenset({"phone"})
_FIELD_OF = {header: field for field, headers in HEADERS.items() for header in headers}


def plain_header(text: str) -> str:
    """A header as it is compared: ``П.І.Б.`` → ``піб``."""
    return "".join(c for c in text.casefold() if c.isalnum())


def field_of(header: str) -> str:
    """The field that a header names, or ""."""
    return _FIELD_OF.get(plain_header(header), "")


def find_columns(headers: Sequence[str], chosen: Mapping[str, str] | None = None) -> dict[str, list[int]]:
    """The places of the columns by field. ``chosen`` maps fields to headers and goes before ours.

    Raises Invalid for an unknown field, a header that is missing or there twice, and without any name.
    """
    if len(headers) > MOST_COLUMNS:
        raise Invalid(_("The list has more than %(number)s columns.", number=MOST_COLUMNS))
    plain = [plain_header(header) for header in headers]
    found = {field: [_chosen_place(plain, field, header)] for field, header in (chosen or {}).items()}
    taken = {place for places in found.values() for place in places}
    named: dict[str, list[int]] = {}
    for place, header in enumerate(plain):
        field = _FIELD_OF.get(header)
        if field and field not in found and place not in taken:
            named.setdefault(field, []).append(place)
    for field, places in named.items():
        _refuse_twins([plain[place] for place in places], headers[places[0]])
        places.sort(key=lambda place: HEADERS[field].index(plain[place]))
        found[field] = places if field in MANY else places[:1]
    if "name" not in found and "surname" not in found:
        raise Invalid(
            _("No column with names was found: tell which it is, for example --column name=Person.")
        )
    return found


def count_known(headers: Sequence[str]) -> int:
    """How many of the headers mean something to us."""
    return sum(plain_header(header) in _FIELD_OF for header in headers)


def _chosen_place(plain: Sequence[str], field: str, header: str) -> int:
    if field not in HEADERS:
        known = ", ".join(HEADERS)
        raise Invalid(_("There is no field %(name)s; choose of: %(known)s.", name=field, known=known))
    places = [place for place, there in enumerate(plain) if there == plain_header(header)]
    if not places:
        raise Invalid(_("The list has no column “%(name)s”.", name=header))
    _refuse_twins([plain[place] for place in places], header)
    return places[0]


def _refuse_twins(plain: Sequence[str], header: str) -> None:
    if max(Counter(plain).values()) > 1:
        raise Invalid(_("The column “%(name)s” is there twice.", name=header))
