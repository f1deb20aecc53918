"""``berofos drill``: a planned switch-over, checked before, measured, and cleaned up after."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from berofos_ra.cli import by_hand
from berofos_ra.cli.common import TIME_UNITS, add_timeout_option, complain, is_meant, say, say_json, seconds
from berofos_ra.cli.interruption import Interruption
from berofos_ra.errors import ParameterError

if TYPE_CHECKING:
    from berofos_ra.cli.drill.checks import Looked, Wish
    from berofos_ra.cli.drill.leg import Leg
    from berofos_ra.resource.drill_rule import Plan

SUMMARY = "move the lines to the other XiVO by the cluster: checked before, measured, cleaned up"
EXAMPLE = """\
  berofos drill --dry-run
  berofos drill --and-back --reason quarterly
  berofos drill --when-idle --within 2h --yes

Each check is a line; when one of them fails nothing is changed. Only those on calls can be overridden (--with-calls).
Pacemaker is asked to move what the relays follow, by a rule that ends by itself: whatever becomes of this program,
the rule binds nobody for good. The seconds are counted from the order on.
exit status: 0 done, 1 refused or the lines are elsewhere, 2 wrong usage or nobody to ask, 3 not known yet: Pacemaker
still works on it, or the rule couldn't be removed
"""

_MORE_LIFE = 600  # s that the rule outlives --give-up
_HOLD, _WITHIN, _GIVE_UP = 30.0, 7200.0, 120.0  # s
_READY_AGAIN = 30.0  # s for the node that gave the lines up to be ready to have them back
_UNITS = ("s", "min", "h")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--to", metavar="NODE", help="the node that is to have the lines (default: the other one)")
    parser.add_argument("--and-back", action="store_true", help="move them back afterwards")
    parser.add_argument(
        "--hold", metavar="SECONDS", type=seconds, help="how long to stay there before (default 30; with --and-back)"
    )
    parser.add_argument(
        "--when-idle", action="store_true", help="wait for a moment without calls, so that none drops"
    )
    parser.add_argument(
        "--within", metavar="TIME", type=_duration, help="how long to wait for it: 2h, 30min, 90s (default 2h)"
    )
    parser.add_argument("--with-calls", action="store_true", help="also when calls drop, or can't be counted")
    parser.add_argument("--dry-run", action="store_true", help="only check")
    parser.add_argument("--yes", action="store_true", help="don't ask; every check counts all the same")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the log")
    parser.add_argument(
        "--give-up",
        metavar="SECONDS",
        type=seconds,
        default=_GIVE_UP,
        help="how long to wait for Pacemaker to have moved everything (default 120)",
    )
    add_timeout_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object, and nothing else")


def _duration(text: str) -> float:
    number = text.strip().rstrip("smhin")
    unit = text.strip()[len(number) :] or "s"
    if unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2h, 30min or 90s")
    return seconds(number) * TIME_UNITS[unit]


def run(args: argparse.Namespace) -> int:
    """Move the lines; 0, 1, 3 as the help says."""
    if args.when_idle and args.and_back:
        raise ParameterError("--when-idle can't count the calls on the other node; move back by a second drill there")
    if args.when_idle and args.with_calls:
        raise ParameterError("--when-idle and --with-calls are opposites")
    for option, needs in (("hold", "and_back"), ("within", "when_idle")):
        if getattr(args, option) is not None and not getattr(args, needs):
            raise ParameterError(f"--{option} goes with --{needs.replace('_', '-')}")
    if not args.dry_run and not args.yes and not sys.stdin.isatty():
        complain("there is no terminal to ask at; see it with --dry-run, do it with --yes")
        return 2
    args.hold, args.within = args.hold or _HOLD, args.within or _WITHIN
    return _Drill(args).run()


class _Drill:
    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._legs: list[Leg] = []
        self._problems: list[str] = []

    def run(self) -> int:
        status = self._run()
        if self._args.json:
            answer = {
                "version": 1,
                "ok": status == 0,
                "reason": self._args.reason,
                "legs": [leg.as_json() for leg in self._legs],
                "left_behind": [leg.left.id for leg in self._legs if leg.left is not None],
                "problems": self._problems,
            }
            say_json(answer)
        return status

    def _tell(self, line: str) -> None:
        if not self._args.json:
            say(line)

    def _run(self) -> int:
        from berofos_ra.cli.drill.checks import Wish, look
        from berofos_ra.resource.drill_rule import Calls

        args = self._args
        calls = Calls.WAIT if args.when_idle else Calls.DROP if args.with_calls else Calls.REFUSE
        wish = Wish(args.config, args.timeout, args.to, int(args.give_up) + _MORE_LIFE, calls)
        looked = look(wish)
        if self._refuses(looked) or looked.plan is None:
            return 1
        if args.dry_run or not (args.yes or self._is_meant(looked.plan)):
            self._tell("Nothing was changed.")
            return 0 if args.dry_run else 1
        if args.when_idle:
            looked = self._wait_until_idle(wish)
        if looked.plan is None or looked.problems or not self._remove_old_rules(looked):
            return 1
        with Interruption() as interruption:
            status = self._move(looked, looked.plan, wish, interruption)
            if status == 0 and args.and_back:
                status = self._move_back(looked.plan, wish, interruption)
        return status

    def _refuses(self, looked: Looked) -> bool:
        """Say what was looked at; whether something forbids it."""
        for check in looked.checks:
            for problem in check.problems:
                self._problems.append(problem.what)
                self._tell(f"{'refused':<8} {problem.what}")
                if problem.advice:
                    self._tell(f"{'':<8} -> {problem.advice}")
            if not check.problems:
                self._tell(f"{'ok':<8} {check.fine}")
        for rule in looked.over:
            self._tell(f"{'note':<8} the rule of an earlier move has ended, and is still there: {rule.words}")
        if looked.problems:
            self._tell("Nothing was changed.")
        return bool(looked.problems)

    def _is_meant(self, plan: Plan) -> bool:
        move = f"Move the lines from {plan.source} to {plan.target}"
        back = f", and back after {self._args.hold:g} s" if self._args.and_back else ""
        question = f"Calls in progress drop. {move}{back}? [y/N] "
        if self._args.when_idle:
            question = f"{move} as soon as there is no call? [y/N] "
        stream = sys.stderr if self._args.json else sys.stdout
        return is_meant(question, ("y", "yes"), stream)

    def _wait_until_idle(self, wish: Wish) -> Looked:
        """Wait, and look at everything again: it may have taken hours."""
        from berofos_ra.cli.drill.calls import duration, wait_until_idle
        from berofos_ra.cli.drill.checks import Looked, look
        from berofos_ra.resource.drill_rule import Calls, Check, Problem

        if wait_until_idle(self._args.within, self._tell, live=not self._args.json):
            looked = look(wish._replace(calls=Calls.REFUSE))
        else:
            what = f"there were calls all the time, for {duration(self._args.within)}"
            looked = Looked((Check("", (Problem(what, "a longer --within"),)),), None)
        if looked.problems:
            self._refuses(looked)
        return looked

    def _remove_old_rules(self, looked: Looked) -> bool:
        from berofos_ra.cluster.move import clear

        for rule in looked.over:
            if not clear(rule):
                complain(f"{rule.id} can't be removed; {rule.clear_command}")
                return False
            self._tell(f"{'ok':<8} removed the rule of an earlier move, which had ended: {rule.id}")
        return True

    def _move(self, looked: Looked, plan: Plan, wish: Wish, interruption: Interruption) -> int:
        """One move; 0, or with what the command ends."""
        from berofos_ra.cli.drill.leg import run_leg
        from berofos_ra.cli.drill.outcome import conclude

        reason = f": {self._args.reason}" if self._args.reason else ""
        by_hand.log(f"berofos drill: asked to move {plan.source} -> {plan.target}, {by_hand.who()}{reason}")
        leg = run_leg(looked, plan, wish, self._args.give_up, interruption, self._tell)
        self._legs.append(leg)
        outcome = conclude(leg, looked, wish)
        for line in outcome.lines:
            self._tell(line)
        self._problems += outcome.problems
        for problem in outcome.problems:
            complain(problem)
        by_hand.log(f"berofos drill: {outcome.log}, {by_hand.who()}{reason}")
        return outcome.status

    def _move_back(self, plan: Plan, wish: Wish, interruption: Interruption) -> int:
        from berofos_ra.cli.drill.checks import look
        from berofos_ra.resource.drill_rule import Calls

        self._tell(f"{'':<8} back in {self._args.hold:g} s")
        back = wish._replace(to=plan.source, calls=Calls.DROP, last=self._legs[0].settled)
        deadline = time.monotonic() + self._args.hold + _READY_AGAIN
        stopped = interruption.wait(self._args.hold)
        while not stopped:
            looked = look(back)
            if looked.plan is not None and not looked.problems:
                return self._move(looked, looked.plan, back, interruption)
            if time.monotonic() > deadline:
                self._refuses(looked)
                complain(f"the lines stay on {plan.target}")
                return 1
            stopped = interruption.wait(1)
        complain(f"interrupted; the lines are on {plan.target}, and not moved back")
        return 130
