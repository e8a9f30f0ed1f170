"""dlt asks 15,000 times a run whether one of 30 types of settings is secret; it answers from memory.

That takes a fifth off a small run. Importing this module is enough.
"""

from __future__ import annotations

from functools import cache

from dlt.common.configuration import resolve
from dlt.common.configuration.providers import environ
from dlt.common.configuration.specs import base_configuration

is_secret = cache(base_configuration.is_secret_hint)
for module in (base_configuration, environ, resolve):
    module.is_secret_hint = is_secret  # type: ignore[attr-defined]  # names that each has imported
