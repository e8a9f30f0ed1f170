"""The tree in the docstring is the tree in the code."""

from __future__ import annotations

import inspect

from tiktok_hashtags import errors


def test_every_error_stands_in_the_tree_with_its_exit_code() -> None:
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass) if each.__module__ == errors.__name__]
    lines = {line.strip(" │├└─").split()[0]: line for line in (errors.__doc__ or "").splitlines() if "Error " in line}

    missing = [each.__name__ for each in classes if each.__name__ not in lines]
    wrong = [
        each.__name__
        for each in classes
        if "exit_code" in vars(each) and f"exit {vars(each)['exit_code']}" not in lines[each.__name__]
    ]

    assert len(classes) > 20
    assert missing == []
    assert wrong == []


def test_the_most_urgent_exit_code_wins() -> None:
    several: list[list[int]] = [[3, 4], [4, 5], [5, 6], [6, 2], [2, 7], [7, 1], [0], []]

    assert [errors.worst_exit_code(codes) for codes in several] == [4, 5, 6, 2, 7, 1, 0, 0]
