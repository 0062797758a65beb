"""Ukrainian, Russian and foreign names by the shares they have in the demo firm, and logins made of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


def _words(text: str, between: str | None = None) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(between) if word.strip())


UK_SURNAMES = _words(
    """
Коваленко Бондаренко Ткаченко Кравченко Олійник Шевченко Коваль Поліщук Бондар Ткачук Мороз Марченко Лисенко
Руденко Савченко Петренко Кравчук Клименко Пономаренко Савчук Василенко Захарченко Карпенко Гончар Іваненко
Коваленко-Лис Мельник Шевчук Мельничук Вовк Гаврилюк Кузьменко Панченко Юрченко Романюк Левченко Костенко
Павленко Сидоренко Харченко Тарасенко Тимошенко Федоренко Гриценко Назаренко Кириченко Литвиненко Дяченко
Яценко Хоменко Прокопенко Зінченко Остапенко Гнатюк Кушнір Волошин Мазур Козак Бойко Дем'янчук Лук'яненко
Солов'яненко Стельмах Швець Гайдук Ярошенко Нечипоренко Щербак Щербина Чорновол Жук Заєць Колесник Колісник
Пилипенко Демченко Дорошенко Максименко Приходько Гуменюк Кулик Кит Омельченко Осипенко Паламарчук
Радченко Самойленко Семенюк Степаненко Терещенко Троян Удовиченко Філоненко Цимбалюк Чумак Шульга Юхименко
"""
)
UK_ADJECTIVES = _words(
    """
Ковальськ Заболотн Городецьк Яворськ Вишневськ Кобилянськ Залізняцьк Білецьк Зеленськ Лісов Чорн Гриневецьк
Дністровськ Левицьк Крушельницьк Полянськ Садов Тихонівськ Ясинськ Островськ Петрівськ Береговськ
"""
)
RU_SURNAMES = _words(
    """
Иванов Смирнов Кузнецов Попов Соколов Лебедев Козлов Новиков Морозов Волков Соловьёв Васильев Зайцев Павлов
Семёнов Голубев Виноградов Богданов Воробьёв Фёдоров Михайлов Беляев Тарасов Белов Комаров Орлов Киселёв
Андреев Ковалёв Ильин Гусев Титов Кузьмин Кудрявцев Баранов Куликов Алексеев Степанов Сорокин Королёв Жуков
"""
)
UK_MEN = _words(
    """
Олександр Андрій Сергій Іван Микола Володимир Михайло Дмитро Віктор Василь Юрій Олег Ігор Петро Богдан Тарас
Роман Максим Євген Артем Денис Павло Анатолій Віталій Валерій Ярослав Назар Остап Степан Григорій В'ячеслав
"""
)
UK_WOMEN = _words(
    """
Олена Наталія Ірина Оксана Тетяна Людмила Світлана Марія Ольга Катерина Юлія Ганна Анна Галина Надія Лариса
Любов Валентина Вікторія Інна Алла Дарина Софія Соломія Христина Анастасія Євгенія Зоряна Леся Мар'яна Віра
"""
)
RU_MEN = _words(
    """
Алексей Сергей Андрей Дмитрий Николай Владимир Михаил Евгений Игорь Олег Павел Пётр Виталий Вячеслав Геннадий
"""
)
RU_WOMEN = _words(
    """
Елена Наталья Ирина Татьяна Светлана Мария Ольга Екатерина Юлия Анна Галина Надежда Алёна Ксения Евгения Дарья
"""
)
UK_FATHERS = _words(
    """
Олександр Андрі Сергі Іван Микола Володимир Михайл Дмитр Віктор Василь Юрі Олег Петр Богдан Роман Максим Євген
Павл Анатолі Віталі Валері Ярослав Степан Федор Борис
"""
)
RU_FATHERS = _words(
    """
Александр Алексе Серге Иван Никола Владимир Михайл Дмитри Виктор Юрь Олег Петр Павл Евгень Борис
"""
)
FOREIGNERS = _words(
    """
Anna Kowalska|Marek Nowak|John Miller|Sarah Thompson|Ahmet Yılmaz|Giulia Rossi|Hans Müller|Zofia Wójcik|
Pierre Lefèvre|Jana Nováková|Lukas Weber|Carlos Fernández
""",
    "|",
)
# Ukrainian fathers whose patronymics are not formed by the rule
_SPECIAL = {
    "Микола": ("Миколайович", "Миколаївна"),
    "Михайл": ("Михайлович", "Михайлівна"),
}
_LATIN = dict(
    zip("абвгґдезийіклмнопрстуфыэё", "abvhgdezyiiklmnoprstufyee", strict=True)
) | {
    "є": "ie", "ї": "i",
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia",
    "ı": "i", "ö": "o", "ü": "u", "è": "e", "é": "e", "á": "a", "ó": "o", "ł": "l", "-": "-",
}  # fmt: skip
_INITIAL = {"є": "ye", "ї": "yi", "ю": "yu", "я": "ya", "й": "y"}
_RUSSIAN = frozenset(RU_SURNAMES)


@dataclass(frozen=True)
class Person:
    """An invented person; ``language`` is the one he writes in."""

    surname: str
    first_name: str
    patronymic: str
    language: str

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.surname, self.first_name, self.patronymic)))


def invent_person(rng: Random) -> Person:
    """Somebody new: mostly Ukrainian, one in five Russian, one in a hundred from abroad."""
    kind = rng.random()
    if kind < 0.01:
        first, last = rng.choice(FOREIGNERS).split(" ", 1)
        return Person(last, first, "", "uk")
    woman = rng.random() < 0.58
    if kind < 0.21:
        surname = rng.choice(RU_SURNAMES) + ("а" if woman else "")
        return Person(surname, rng.choice(RU_WOMEN if woman else RU_MEN), _ru_patronymic(rng, woman), "ru")
    if rng.random() < 0.16:
        surname = rng.choice(UK_ADJECTIVES) + ("а" if woman else "ий")
    else:
        surname = rng.choice(UK_SURNAMES)
    return Person(surname, rng.choice(UK_WOMEN if woman else UK_MEN), _uk_patronymic(rng, woman), "uk")


def _uk_patronymic(rng: Random, woman: bool) -> str:
    father = rng.choice(UK_FATHERS)
    if father in _SPECIAL:
        return _SPECIAL[father][woman]
    if father.endswith("і"):
        return father + ("ївна" if woman else "йович")
    if father.endswith("ь"):
        father = father[:-1]
    return father + ("івна" if woman else "ович")


def _ru_patronymic(rng: Random, woman: bool) -> str:
    father = rng.choice(RU_FATHERS)
    soft = father.endswith(("е", "ь", "и", "а"))
    return father + ("евич" if soft and not woman else "евна" if soft else "овна" if woman else "ович")


def to_latin(text: str) -> str:
    """The usual passport spelling, lower case."""
    folded = text.lower()
    for soft in "'’ьъ":
        folded = folded.replace(soft, "")
    head = _INITIAL.get(folded[:1])
    letters = "".join(_LATIN.get(letter, letter) for letter in (folded[1:] if head else folded))
    return "".join(c for c in (head or "") + letters if c.isascii() and (c.isalnum() or c == "-"))


def make_login(person: Person, taken: dict[str, int]) -> str:
    """``o.kovalenko``, and ``o.kovalenko2`` for the next one of that name; ``taken`` is kept up."""
    base = f"{to_latin(person.first_name)[:1]}.{to_latin(person.surname)}"
    taken[base] = taken.get(base, 0) + 1
    return base if taken[base] == 1 else f"{base}{taken[base]}"


def language_of(full_name: str) -> str:
    """The language that a demo client speaks, told by the surname."""
    surname = full_name.split(" ", 1)[0]
    return "ru" if surname in _RUSSIAN or surname.removesuffix("а") in _RUSSIAN else "uk"
