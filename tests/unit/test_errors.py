"""Errors are data: what happened, and what to do about it."""

from __future__ import annotations

import inspect

import pytest

from berofos_ra import errors
from berofos_ra.errors import BerofosError, DeviceError, UnreachableError, ValueRefusedError, advise, explain

PATH = "/srv/bnfos.conf"
TYPES = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, BerofosError)]
OF_DEVICES = [one for one in TYPES if issubclass(one, DeviceError)]


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn = [line for line in str(errors.__doc__).splitlines() if line.strip(" │├└─").split(" ")[0].endswith("Error")]
    names = {line.strip(" │├└─").split(" ")[0]: line.index(line.strip(" │├└─")) for line in drawn}
    assert names.keys() == {one.__name__ for one in TYPES}
    for one in TYPES:
        assert names[one.__name__] == 4 * (len(one.__mro__) - len(BerofosError.__mro__)) + 4, one


@pytest.mark.parametrize("kind", OF_DEVICES)
def test_every_device_error_says_what_happened_and_what_to_do(kind: type[DeviceError]) -> None:
    error = kind("no answer")
    assert str(error) == "no answer"
    assert advise(error, PATH)
    assert "{" not in advise(error, PATH)


@pytest.mark.parametrize("kind", TYPES)
def test_an_advice_of_its_own_takes_the_place_of_the_type_s(kind: type[BerofosError]) -> None:
    if kind is not ValueRefusedError:
        assert explain(kind("it is so", "do that")) == "it is so; do that"
        assert explain(kind("it is so", "")) == "it is so"


def test_the_line_names_the_device_and_the_config_file() -> None:
    line = explain(UnreachableError("no route to it"), "fos1 (10.34.1.20)", PATH)
    assert line == (
        "fos1 (10.34.1.20): no route to it; check its power, whether it is in flash mode, and its host in " + PATH
    )


def test_a_path_with_braces_is_shown_as_it_is() -> None:
    assert explain(UnreachableError("no route to it"), config="/{config}/{0}").endswith("its host in /{config}/{0}")


def test_without_an_advice_the_line_ends_with_what_happened() -> None:
    assert explain(BerofosError("it is so")) == "it is so"
    assert explain(BerofosError("it is so"), "fos1") == "fos1: it is so"


def test_a_refused_value_tells_what_was_expected() -> None:
    error = ValueRefusedError("wdogitime", "a whole number from 1 to 65535")
    assert (str(error), error.expected) == (
        "wdogitime: expected a whole number from 1 to 65535",
        "a whole number from 1 to 65535",
    )
