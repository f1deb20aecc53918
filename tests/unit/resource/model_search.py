"""The no-oscillator search itself: every order of a few changes of the world, each at every moment that matters."""

from __future__ import annotations

from typing import NamedTuple

from tests.unit.resource.model_agent import Rules
from tests.unit.resource.model_pacemaker import BrokenPromiseError, Change, act, apply, changes_of, is_over
from tests.unit.resource.model_world import Setup, State, World, copy_of, new_world, states_of

CLICKS_AN_HOUR = 12.5  # a pause is 10 min, and a retry gives the lines away again; a start waits for 15 s at most


class Searched(NamedTuple):
    """What was searched: worlds, and how many runs of the system until it is calm or goes round."""

    worlds: int
    runs: int


class Moment(NamedTuple):
    """A world on its way, and how it came about."""

    world: World
    story: tuple[str, ...]


def search(
    setup: Setup, changes: int, early: int = 4, rules: Rules = Rules(), second: bool = False, mid: bool = False
) -> Searched:
    """Try every ``changes`` changes of the world, each after up to ``early`` actions since the one before, and when
    all is calm; with ``mid`` also in the middle of an action.

    Raises:
        BrokenPromiseError: with the story of how it is broken.
    """
    seen: set[State] = set()
    runs = 0
    stack = [(Moment(new_world(setup), ()), changes)]
    while stack:
        moment, left = stack.pop()
        runs += 1
        moments = _run(moment, rules, seen)
        if left == 0 or not moments:
            continue
        for number, (world, story) in enumerate(moments):
            if number >= early and number != len(moments) - 1:
                continue
            for change in changes_of(world, second):
                following = copy_of(world)
                apply(following, change)
                stack.append((Moment(following, (*story, _told(change))), left - 1))
            if mid:
                for change in changes_of(world, mid=True):
                    following = copy_of(world)
                    following.mid = change
                    stack.append((Moment(following, (*story, "amid: " + _told(change))), left - 1))
    return Searched(len(seen), runs)


def _told(change: Change) -> str:
    return f"[{change[0]} {change[1]}]"


def _run(moment: Moment, rules: Rules, seen: set[State]) -> list[Moment]:
    """Let the system act until it is calm, or goes round; the moments that weren't seen before."""
    moments: list[Moment] = []
    numbers: dict[State, int] = {}
    world, story = moment
    while True:
        _, state = states_of(world)
        state = (*state, world.changes)
        if state in numbers:
            _check_round(moments[numbers[state] :], Moment(world, story))
            return moments
        if state in seen:
            return moments
        seen.add(state)
        numbers[state] = len(moments)
        moments.append(Moment(world, story))
        if is_over(world):
            _check_end(world, story)
            return moments
        world = copy_of(world)
        try:
            act(world, rules)
        except BrokenPromiseError as error:
            raise BrokenPromiseError(f"{world.setup}: {error}: {' '.join(story)}") from None
        story = (*story, _shown(world))
        most = 1 + world.changes
        if any(box.clicks > most for box in world.boxes):
            raise BrokenPromiseError(f"{world.setup}: more than {most} clicks: {' '.join(story)}")


def _shown(world: World) -> str:
    where = ",".join("-" if one.where is None else str(one.where) for one in world.resources if one.loaded)
    boxes = " ".join(f"{box.relay}{'w' if box.armed else ''}({box.clicks})" for box in world.boxes)
    todo = " ".join(f"{what}@{node}" for one in world.resources for what, node in one.todo)
    return f"{world.now:.0f}s {where}: {boxes} {todo};"


def _check_round(moments: list[Moment], last: Moment) -> None:
    first = moments[0].world
    hours = (last.world.now - first.now) / 3600
    tries = CLICKS_AN_HOUR * hours * (len(first.up) if first.setup.bypass else 1)  # each node has pauses of its own
    for before, after in zip(first.boxes, last.world.boxes):
        if after.other_clicks - before.other_clicks > tries:
            raise BrokenPromiseError(f"{first.setup}: clicks too often: {' '.join(last.story)}")
    for world, story in moments:
        _check_end(world, story)


def _check_end(world: World, story: tuple[str, ...]) -> None:
    """The world has been calm for long: what can run runs."""
    resource = world.resources[0]
    healthy = [place for place in resource.devices if world.is_healthy(place)]
    alarm = world.setup.fail_on_alarm and not world.provider
    if len(healthy) < resource.need or not resource.wanted or resource.blocked or alarm or not any(world.up):
        return
    other = world.resources[1]
    if any(record is not None for record in other.records):
        return
    if resource.where is None:
        raise BrokenPromiseError(f"{world.setup}: it doesn't run: {' '.join(story)}")
    mode = world.setup.modes[resource.where]
    if any(world.boxes[place].relay != mode for place in healthy):
        raise BrokenPromiseError(f"{world.setup}: lines aren't put right: {' '.join(story)}")
