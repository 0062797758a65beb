"""The way of one invented ticket: what happened to it, when, by whom, and what the tables say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from app.demo import LOGINS
from app.demo.rhythm import WorkClock
from app.demo.staff import DEPARTMENTS, SUPPORT, TOPICS, Firm
from app.demo.texts import (
    ASKING,
    BACK_AGAIN,
    DETAILS,
    PROBLEMS,
    SENDING_ON,
    WORKING,
    Pair,
    Problem,
    fill,
)
from app.demo.writer import stamp
from app.events import Kind
from models import Priority, State

MINUTE, HOUR, DAY = 60, 3600, 86_400
Columns = dict[str, Any]
NOT_TAKEN: Columns = {
    "state": State.FREE.value,
    "taken_by_id": None,
    "taken_at": None,
    "done_by_id": None,
    "done_at": None,
}


@dataclass
class Happening:
    """One future entry of the journal; ``comment`` is the text that was written, if any."""

    at: int
    kind: str
    actor_id: int | None
    old: Columns
    new: Columns
    comment: str = ""


@dataclass
class Story:
    """A ticket's columns as they change, and everything that happened to it."""

    columns: Columns
    at: int
    author_id: int
    language: int
    problem: Problem
    happenings: list[Happening] = field(default_factory=list)
    version: int = 1
    activity: int = 1
    comments_count: int = 0

    def change(self, kind: Kind, actor_id: int | None, at: int, **changed: Any) -> None:
        """A move or an edit, as app.workflow makes it: only what really differs is journalled."""
        old = {name: self.columns[name] for name in changed if self.columns[name] != changed[name]}
        new = {name: changed[name] for name in old}
        self.columns.update(new)
        self.version += 1
        self.activity += 1
        self.at = at
        self.happenings.append(Happening(at, kind.value, actor_id, old, new))

    def say(self, actor_id: int, at: int, text: str) -> None:
        """A comment."""
        self.activity += 1
        self.comments_count += 1
        self.at = at
        self.happenings.append(Happening(at, Kind.TICKET_COMMENTED.value, actor_id, {}, {}, text))


class Storyteller:
    """Invents stories that end before ``now``."""

    def __init__(self, rng: Random, firm: Firm, clock: WorkClock, now: int, archive_after: int) -> None:
        self._rng, self._firm, self._clock = rng, firm, clock
        self._now, self._archive_after = now, archive_after
        self._topics = {name: firm.topics[place][0] for place, (name, _of) in enumerate(TOPICS)}
        self._workers = [_busy(firm, number) for number in range(len(DEPARTMENTS))]
        self._chiefs = [firm.chief_of(number) for number in range(len(DEPARTMENTS))]
        self._operators = firm.operators()
        self._everybody = [worker for workers in self._workers for worker in workers]
        self._problems = [problem for problem in PROBLEMS for _ in range(problem.share)]

    # ------------------------------------------------------------------------------ the start

    def begin(self, at: int, client_id: int, language: str) -> Story:
        """A ticket is written down."""
        rng, problem = self._rng, self._pick(self._problems)
        spoken = int(language == "ru" and rng.random() < 0.8)
        author = self._pick(self._operators if rng.random() < 0.6 else self._everybody)
        place = problem.department
        if place != SUPPORT and rng.random() < 0.09:
            place = SUPPORT  # sent on later
        worker = self._pick(self._workers[place])
        priority = rng.random()
        topic = self._topics[problem.topic] if rng.random() < 0.86 else None
        columns: Columns = {
            "client_id": client_id,
            "department_id": self._firm.departments[place],
            "author_id": author,
            "assignee_id": worker if rng.random() < 0.22 else None,
            "taken_by_id": None,
            "done_by_id": None,
            "topic_id": topic,
            "topic_text": "" if topic or rng.random() < 0.5 else problem.topic.lower(),
            "subject": fill(rng, problem.subject[spoken]),
            "body": self._body(problem, spoken),
            "priority": int(priority > 0.07) + int(priority > 0.91),
            "state": State.FREE.value,
            "taken_at": None,
            "done_at": None,
            "archived_at": None,
        }
        story = Story(columns, at, author, spoken, problem)
        told = ("department_id", "assignee_id", "priority", "subject")
        story.happenings.append(
            Happening(at, Kind.TICKET_CREATED.value, author, {}, {name: columns[name] for name in told})
        )
        return story

    def _body(self, problem: Problem, spoken: int) -> str:
        detail = self._pick(DETAILS)[spoken]
        body = fill(self._rng, problem.body[spoken])
        return f"{body}\n{detail}" if detail else body

    # ------------------------------------------------------------------------------ the way

    def live_on(self, story: Story) -> None:
        """An unfinished ticket: free still, or in somebody's work."""
        rng = self._rng
        self._before_work(story)
        if rng.random() < 0.2:
            self._speak(story, story.author_id, ASKING, self._later(story, 30 * MINUTE, 3 * HOUR))
        if rng.random() < 0.55:
            self._take(story, self._worker(story))
            if rng.random() < 0.5:
                self._speak(
                    story, story.columns["taken_by_id"], WORKING, self._later(story, 10 * MINUTE, HOUR)
                )

    def finish(self, story: Story) -> None:
        """Everything up to the completion."""
        rng = self._rng
        self._before_work(story)
        worker = self._worker(story)
        self._take(story, worker)
        chance = rng.random()
        if chance < 0.05:
            if chance < 0.02:
                self._send_on(story)
            else:
                self._put_back(story, Kind.TICKET_RELEASED, worker)
            worker = self._worker(story)
            self._take(story, worker)
        self._work(story, worker)
        self._complete(story, worker)
        if rng.random() < 0.025:
            self._again(story, worker)

    def archive(self, story: Story, *, by_hand: bool) -> None:
        """Some days later the archive takes it, if that time has come; else perhaps a coordinator."""
        at = self._archive_time(story.at)
        if at < self._now:
            self._to_archive(story, None, at)
            if self._rng.random() < 0.003:
                self._restore(story)
        elif by_hand:
            self._to_archive(story, self._chief(story), self._later(story, MINUTE, HOUR))

    def _archive_time(self, since: int) -> int:
        """The job runs at seven minutes past each hour."""
        due = since + self._archive_after
        return due - (due - 7 * MINUTE) % HOUR + HOUR

    def _to_archive(self, story: Story, actor: int | None, at: int) -> None:
        story.change(Kind.TICKET_ARCHIVED, actor, at, state=State.ARCHIVED.value, archived_at=at)

    def _restore(self, story: Story) -> None:
        """A coordinator wants to see it again, says why, and forgets it."""
        at = self._clock.after(story.at, self._rng.randint(2, 200) * HOUR)
        if self._archive_time(at + 5 * MINUTE) >= self._now:
            return
        chief = self._chief(story)
        story.change(Kind.TICKET_RESTORED, chief, at, state=State.DONE.value, archived_at=None)
        self._speak(story, chief, BACK_AGAIN, at + 4 * MINUTE)
        self._to_archive(story, None, self._archive_time(story.at))

    def _before_work(self, story: Story) -> None:
        rng = self._rng
        if rng.random() < 0.03:
            higher = Priority.HIGH if story.columns["priority"] != Priority.HIGH else Priority.NORMAL
            at = self._later(story, 5 * MINUTE, HOUR)
            story.change(Kind.TICKET_EDITED, self._chief(story), at, priority=int(higher))
        if rng.random() < 0.1:
            self._speak(story, story.author_id, ASKING, self._later(story, 20 * MINUTE, 3 * HOUR))
        home = self._firm.departments[story.problem.department]
        if story.columns["department_id"] != home or rng.random() < 0.04:
            self._send_on(story)

    def _send_on(self, story: Story) -> None:
        """To the department that it belongs to; if it is there already, to a person in it."""
        rng, place = self._rng, story.problem.department
        sender = story.columns["taken_by_id"] or self._worker(story)
        named = self._firm.departments[place] == story.columns["department_id"] or rng.random() < 0.3
        heirs = [
            worker for worker in self._workers[place] if worker not in (sender, story.columns["assignee_id"])
        ]
        heir = self._pick(heirs) if named else None
        at = self._later(story, 10 * MINUTE, 2 * HOUR)
        if rng.random() < 0.6:
            self._speak(story, sender, SENDING_ON, at)
        moved = {"department_id": self._firm.departments[place], "assignee_id": heir}
        story.change(Kind.TICKET_TRANSFERRED, sender, at, **NOT_TAKEN, **moved)

    def _take(self, story: Story, worker: int) -> None:
        slow = {Priority.HIGH: 0.3, Priority.LOW: 2.5}.get(Priority(story.columns["priority"]), 1.0)
        at = self._later(story, 4 * MINUTE, int(100 * MINUTE * slow))
        changed = {"state": State.IN_WORK.value, "taken_by_id": worker, "taken_at": at}
        story.change(Kind.TICKET_TAKEN, worker, at, **changed)

    def _put_back(self, story: Story, kind: Kind, actor: int) -> None:
        at = self._later(story, 15 * MINUTE, 4 * HOUR)
        story.change(kind, actor, at, **NOT_TAKEN)

    def _work(self, story: Story, worker: int) -> None:
        rng = self._rng
        while rng.random() < 0.33 and story.comments_count < 6:
            self._speak(story, worker, WORKING, self._later(story, 10 * MINUTE, 3 * HOUR))
            if rng.random() < 0.3:
                self._speak(story, story.author_id, ASKING, self._later(story, 5 * MINUTE, 2 * HOUR))

    def _complete(self, story: Story, worker: int) -> None:
        at = self._later(story, 6 * MINUTE, 150 * MINUTE)
        if self._rng.random() < 0.55:
            self._say(story, worker, story.problem.cure, max(story.at, at - MINUTE))
        changed = {"state": State.DONE.value, "taken_by_id": None, "done_by_id": worker, "done_at": at}
        story.change(Kind.TICKET_COMPLETED, worker, at, **changed)

    def _again(self, story: Story, worker: int) -> None:
        if self._rng.random() < 0.7:
            self._speak(story, story.author_id, BACK_AGAIN, self._later(story, HOUR, 8 * HOUR))
        self._put_back(story, Kind.TICKET_REOPENED, story.author_id)
        self._take(story, worker)
        self._complete(story, worker)

    # ------------------------------------------------------------------------------ small things

    def _later(self, story: Story, least: int, usual: int) -> int:
        """Some working time later: usually soon, sometimes days; always in the past."""
        wait = least + int(self._rng.expovariate(1 / usual))
        at = self._clock.after(story.at, wait)
        if at < self._now:
            return at
        return self._clock.between(story.at, self._now, self._rng.random() * 0.5)

    def _place(self, story: Story) -> int:
        return self._firm.departments.index(story.columns["department_id"])

    def _chief(self, story: Story) -> int:
        return self._chiefs[self._place(story)]

    def _worker(self, story: Story) -> int:
        """The person it was sent to, else anybody of the department."""
        named: int | None = story.columns["assignee_id"]
        return named or self._pick(self._workers[self._place(story)])

    def _speak(self, story: Story, actor: int, pool: tuple[Pair, ...], at: int) -> None:
        self._say(story, actor, self._pick(pool), at)

    def _say(self, story: Story, actor: int, words: Pair, at: int) -> None:
        story.say(actor, at, fill(self._rng, words[story.language]))

    def _pick(self, choices: Any) -> Any:
        return choices[int(self._rng.random() * len(choices))]


def _busy(firm: Firm, number: int) -> list[int]:
    """Those who work in a department; whoever can be signed in as stands thrice: his lists are looked at."""
    known = {firm.staff[login] for login, _password, _role in LOGINS}
    return [who for who in firm.of_department(number) for _ in range(3 if who in known else 1)]


def journal_text(columns: Columns) -> str:
    """Columns as the journal holds them: JSON, moments in ISO format, as app.events writes them."""
    if not columns:
        return "{}"
    return "{" + ", ".join([f'"{name}": {_json(name, value)}' for name, value in columns.items()]) + "}"


def _json(name: str, value: Any) -> str:
    if value is None:
        return "null"
    if name.endswith("_at"):
        return f'"{stamp(value)[:19].replace(" ", "T")}+00:00"'
    return _quoted(value) if isinstance(value, str) else str(value)


@lru_cache(maxsize=10_000)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
