"""The no-oscillator search itself: every order of a few changes of the world, each at every moment that matters."""

from __future__ import annotations

from typing import NamedTuple

from tests.unit.resource.model_agent import Rules
from tests.unit.resource.model_pacemaker import BrokenPromiseError, act, apply, changes_of, is_over
from tests.unit.resource.model_world import CLICKS_BY_ITSELF, Setup, State, World, copy_of, new_world, states_of

CLICKS_AN_HOUR = 12.5  # a pause is 10 min, and a retry gives the lines away again; a start waits for 15 s at most
RULES = Rules()


class Searched(NamedTuple):
    """What was searched: worlds, and how many runs of the system until it is calm or goes round."""

    worlds: int
    runs: int


class Story(NamedTuple):
    """How a world came about: from which, and by what change where it wasn't the system itself."""

    world: World
    before: Story | None = None
    change: str = ""

    def __str__(self) -> str:
        steps: list[str] = []
        story: Story | None = self
        while story is not None:
            steps.insert(0, story.change + _shown(story.world))
            story = story.before
        return " ".join(steps)


def search(
    setup: Setup, changes: int, early: int = 4, rules: Rules = RULES, second: bool = False, amid: bool = False
) -> Searched:
    """Try every ``changes`` changes of the world, each after up to ``early`` actions since the one before, and when
    all is calm; with ``amid`` also in the middle of an action.

    Raises:
        BrokenPromiseError: with the story of how it is broken.
    """
    seen: set[State] = set()
    runs = 0
    stack = [(Story(new_world(setup)), changes)]
    while stack:
        story, left = stack.pop()
        runs += 1
        moments = _run(story, rules, seen)
        if left == 0 or not moments:
            continue
        for moment in {id(one): one for one in (*moments[:early], moments[-1])}.values():
            for change in changes_of(moment.world, second):
                following = copy_of(moment.world)
                apply(following, change)
                stack.append((Story(following, moment, f"[{change[0]} {change[1]}] "), left - 1))
            if amid:
                for change in changes_of(moment.world, mid=True):
                    following = copy_of(moment.world)
                    following.mid = change
                    stack.append((Story(following, moment, f"[amid: {change[0]} {change[1]}] "), left - 1))
    return Searched(len(seen), runs)


def _run(story: Story, rules: Rules, seen: set[State]) -> list[Story]:
    """Let the system act until it is calm, or goes round; the moments that weren't seen before."""
    moments: list[Story] = []
    numbers: dict[State, int] = {}
    while True:
        world = story.world
        _, state = states_of(world)
        state = (*state, world.changes)
        if state in numbers:
            _check_round(moments[numbers[state] :], story)
            return moments
        if state in seen:
            return moments
        seen.add(state)
        numbers[state] = len(moments)
        moments.append(story)
        if is_over(world):
            _check_end(story)
            return moments
        following = copy_of(world)
        try:
            act(following, rules)
        except BrokenPromiseError as error:
            raise BrokenPromiseError(f"{world.setup}: {error}: {story}") from None
        story = Story(following, story)
        # Where stop gives the lines away, each node finds out by itself what doesn't obey: there, and back.
        most = 1 + following.changes * (2 * len(following.up) - 1 if following.setup.bypass else 1)
        if any(box.clicks > most for box in following.boxes):
            raise BrokenPromiseError(f"{following.setup}: more than {most} clicks: {story}")


def _shown(world: World) -> str:
    where = ",".join("-" if one.where is None else str(one.where) for one in world.resources if one.loaded)
    boxes = " ".join(f"{box.relay}{'w' if box.armed else ''}({box.clicks})" for box in world.boxes)
    todo = " ".join(f"{what}@{node}" for one in world.resources for what, node in one.todo)
    return f"{world.now:.0f}s {where}: {boxes} {todo};"


def _check_round(moments: list[Story], last: Story) -> None:
    first = moments[0].world
    hours = (last.world.now - first.now) / 3600
    tries = CLICKS_AN_HOUR * hours * (len(first.up) if first.setup.bypass else 1)  # each node has pauses of its own
    for before, after in zip(first.boxes, last.world.boxes, strict=True):
        if after.other_clicks - before.other_clicks > tries:
            raise BrokenPromiseError(f"{first.setup}: clicks too often, round in {hours:.2f} h: {last}")
    lasts = any(box.kind in CLICKS_BY_ITSELF for box in first.boxes) or first.goes_on
    if not lasts and first.resources[0].starts != last.world.resources[0].starts:
        raise BrokenPromiseError(f"{first.setup}: it is started again and again: {last}")
    for story in moments:
        _check_end(story)


def _check_end(story: Story) -> None:
    """The world has been calm for long: what can run runs."""
    world = story.world
    resource = world.resources[0]
    healthy = [place for place in resource.devices if world.is_healthy(place)]
    alarm = world.setup.fail_on_alarm and not world.provider
    if len(healthy) < resource.need or not resource.wanted or resource.blocked or alarm or not any(world.up):
        return
    other = world.resources[1]
    if any(record is not None for record in other.records):
        return
    if resource.where is None:
        raise BrokenPromiseError(f"{world.setup}: it doesn't run: {story}")
    mode = world.setup.modes[resource.where]
    if any(world.boxes[place].relay != mode for place in healthy):
        raise BrokenPromiseError(f"{world.setup}: lines aren't put right: {story}")
