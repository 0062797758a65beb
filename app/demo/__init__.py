"""Demo data from a seed: a firm of 2,000 clients, 30 staff and a year of tickets. Every name is invented."""

# (login, password, role), as `make run` prints them
LOGINS: tuple[tuple[str, str, str], ...] = (
    ("a.melnyk", "demo-Andrii-17", "administrator"),
    ("o.kovalenko", "demo-Olena-41", "coordinator"),
    ("s.orlov", "demo-Serhii-28", "coordinator"),
    ("i.tkachenko", "demo-Ivan-36", "employee"),
    ("n.bondar", "demo-Nataliia-52", "employee"),
    ("d.shevchuk", "demo-Dmytro-64", "employee"),
    ("v.lysenko", "demo-Viktor-75", "employee"),
    ("m.savchenko", "demo-Mariia-83", "operator"),
)
