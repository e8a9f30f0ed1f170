"""Types that threads decode are prepared while their modules are imported, before there are threads."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from tiktok_hashtags import providers
from tiktok_hashtags.fetch.answers import decoder_of, prepared_types

PACKAGE = Path(providers.__file__).parent.parent
# These run before the threads start: what a watchlist says, and the sandbox is a program of its own.
BEFORE_THREADS = {"model.py", "edit.py"}


def structs() -> Iterator[type[msgspec.Struct]]:
    """Every type that a provider's module declares."""
    for found in pkgutil.iter_modules(providers.__path__):
        module = importlib.import_module(f"{providers.__name__}.{found.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__:
                yield value


def within(kind: Any) -> Iterator[Any]:
    """Yield the types that a type is made of, itself included."""
    yield kind
    for part in get_args(kind):
        yield from within(part)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for hint in get_type_hints(kind, include_extras=True).values():
            yield from within(hint)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls inside the functions of a file, by the name that is called."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            yield from ((ast.unparse(node.func), node) for node in ast.walk(function) if isinstance(node, ast.Call))


def test_every_type_of_a_provider_is_prepared() -> None:
    declared = {kind.__qualname__ for kind in structs()}

    prepared = {part for kind in prepared_types() for part in within(kind)}

    assert not declared - {getattr(kind, "__qualname__", "") for kind in prepared}


def test_a_type_that_nobody_prepared_is_refused() -> None:
    class Unprepared(msgspec.Struct):
        name: str

    with pytest.raises(TypeError, match="was not prepared"):
        decoder_of(Unprepared)


def test_no_function_builds_a_decoder_of_its_own() -> None:
    built = {
        f"{path.name}: {ast.unparse(call)}"
        for path in PACKAGE.rglob("*.py")
        if path.name not in BEFORE_THREADS and "sandbox" not in path.parts
        for name, call in calls(path)
        if name in {"msgspec.convert", "msgspec.json.Decoder"}
        or (name == "msgspec.json.decode" and any(keyword.arg == "type" for keyword in call.keywords))
    }

    assert built == {"answers.py: msgspec.json.Decoder(kind, strict=is_strict, dec_hook=wire_value)"}
