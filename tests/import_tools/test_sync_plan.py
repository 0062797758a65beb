"""What a reading of the directory would change, before anything is written."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.directory import DirectoryPerson
from import_tools.sync_plan import Known, Plan, make_plan, values_of


def person(number: int, **values: Any) -> DirectoryPerson:
    """Somebody of the directory."""
    usual = {"full_name": f"Людина {number}", "login": f"u{number}"}
    return DirectoryPerson(guid=f"guid-{number}", dn=f"CN=u{number}", **{**usual, **values})


def known(number: int, **values: Any) -> Known:
    """The same person as he is known."""
    said = {name: value for name, value in values_of(person(number, **values)).items() if value}
    return Known(number, f"guid-{number}", f"Людина {number}", {**said, "is_active": True})


def plan_of(people: list[DirectoryPerson], those: list[Known], **more: Any) -> Plan:
    """The plan of a whole reading."""
    present = {one.guid for one in people} | more.pop("skipped", set())
    return make_plan(people, those, by_login=more.get("by_login", {}), present=present)


def test_same_people_again_change_nothing() -> None:
    plan = plan_of([person(1), person(2, phones=("1", "2"))], [known(1), known(2, phones=("1", "2"))])
    assert plan.is_empty
    assert plan.counts["unchanged"] == 2


def test_renamed_moved_and_retitled_person_is_himself() -> None:
    new = person(1, login="new.login", full_name="Інше Прізвище", unit="Архів")
    plan = plan_of([new], [known(1, unit="Каса")])
    assert (plan.create, plan.leave) == ([], {})
    assert plan.change == {1: {"login": "new.login", "full_name": "Інше Прізвище", "unit": "Архів"}}


def test_namesake_hired_is_somebody_else() -> None:
    plan = plan_of([person(1), person(2, full_name="Людина 1")], [known(1)])
    assert [values["object_guid"] for values in plan.create] == ["guid-2"]
    assert plan.change == {}


def test_who_is_not_there_leaves_and_who_could_not_be_read_does_not() -> None:
    plan = plan_of([person(1)], [known(1), known(2), known(3)], skipped={"guid-3"})
    assert plan.leave == {2: {"is_active": False}}


def test_disabled_person_leaves_once() -> None:
    disabled = person(1, is_disabled=True)
    assert plan_of([disabled], [known(1)]).leave == {1: {"is_active": False}}
    gone = Known(1, "guid-1", "Людина 1", {**known(1).said, "is_active": False})
    assert plan_of([disabled], [gone]).is_empty
    assert plan_of([person(1)], [gone]).change == {1: {"is_active": True}}


def test_leavers_login_goes_to_who_has_it_now() -> None:
    plan = plan_of([person(2, login="U1")], [known(1)])
    assert plan.leave == {1: {"is_active": False, "login": None}}
    assert [values["login"] for values in plan.create] == ["U1"]


def test_client_known_by_login_from_elsewhere_is_adopted_not_doubled() -> None:
    plan = plan_of([person(1, login="I.Petrov")], [], by_login={"i.petrov": Known(7, "", "Людина 1", {})})
    assert list(plan.adopt) == [7]
    assert plan.create == []


def test_client_with_a_guid_that_the_directory_never_spoke_of_is_no_change() -> None:
    stranger = Known(1, "guid-1", "Людина 1", {})
    plan = plan_of([person(1)], [stranger])
    assert (list(plan.adopt), plan.touched) == ([1], 0)


def test_brake_counts_who_is_adopted_and_loses_his_name_or_his_work() -> None:
    by_login = {f"u{number}": Known(number, "", f"Людина {number}", {}) for number in range(1, 21)}
    people = [person(number) for number in range(1, 21)]
    plan = plan_of(people, [], by_login=by_login)
    assert (plan.known, plan.touched, len(plan.adopt)) == (20, 0, 20)
    others = [person(1, is_disabled=True, full_name="Хтось"), person(2, full_name="Хтось"), person(3)]
    plan = plan_of([*others, *people[3:]], [], by_login=by_login)
    assert (plan.deactivated_ids, plan.changed_ids) == ([1], [2])
    assert not plan.exceeds(10)  # 2 of 20
    plan = plan_of([person(n, full_name="Хтось") for n in range(1, 4)] + people[3:], [], by_login=by_login)
    assert plan.exceeds(10)


def test_yes_is_for_the_people_seen() -> None:
    those = [known(number) for number in range(1, 21)]
    people = [person(number) for number in range(1, 21)]
    seen = plan_of([*(person(n, room="9") for n in range(1, 11)), *people[10:]], those)
    assert seen.is_within(seen.allowance)
    assert not plan_of(people[:10], those).is_within(seen.allowance)  # ten others would leave
    assert not plan_of(people[10:], those).is_within(seen.allowance)  # changing is not leaving
    gone = plan_of(people[10:], those)
    back = plan_of([*(person(n, room="9") for n in range(1, 11)), *people[10:]], those)
    assert back.is_within(gone.allowance)  # agreed to see them leave, they only change
    assert not seen.is_within({})


def test_brake_counts_changes_and_leavers_of_the_known() -> None:
    those = [known(number) for number in range(1, 21)]
    people = [person(number) for number in range(1, 21)]
    assert not plan_of(people[1:-1], those).exceeds(10)  # 2 of 20
    assert plan_of(people[2:-1], those).exceeds(10)  # 3 of 20
    renamed = [person(number, room="1") for number in range(1, 4)]
    assert plan_of([*renamed, *people[3:]], those).exceeds(10)
    assert not plan_of(people, []).exceeds(10)  # the first reading only creates


def test_values_are_cut_to_what_a_client_holds() -> None:
    values = values_of(person(1, full_name="я" * 300, email="nonsense", phones=("call me", "7", "8" * 70)))
    assert (len(values["full_name"]), values["email"], values["phones"]) == (200, None, ["7", "8" * 60])


@given(
    there=st.sets(st.integers(1, 30)),
    before=st.sets(st.integers(1, 30)),
    unreadable=st.sets(st.integers(1, 30)),
)
def test_everybody_is_accounted_for(there: set[int], before: set[int], unreadable: set[int]) -> None:
    plan = plan_of(
        [person(number) for number in sorted(there)],
        [known(number) for number in sorted(before)],
        skipped={f"guid-{number}" for number in unreadable},
    )
    assert {values["object_guid"] for values in plan.create} == {f"guid-{n}" for n in there - before}
    assert set(plan.leave) == before - there - unreadable
    assert plan.counts["unchanged"] == len(there & before)
