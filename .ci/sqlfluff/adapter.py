"""What sqlfluff's jinja templater sees as dbt's `adapter`: a dispatched macro renders as a plain call."""

from collections.abc import Callable


def dispatch(name: str, _namespace: str | None = None) -> Callable[..., str]:
    """Return a function that renders `name(arguments)`, which parses as SQL in any dialect."""
    return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"
