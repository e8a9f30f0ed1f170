"""Settings of a Superset for one person on one machine; for a shared one follow Superset's own guide."""

from __future__ import annotations

import os
from pathlib import Path

_home = Path(os.environ["SUPERSET_HOME"])

SECRET_KEY = (_home / "secret_key").read_text(encoding="ascii").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_home / 'superset.db'}"
# The pages load nothing from elsewhere, and nobody is told that they were opened.
os.environ["SCARF_ANALYTICS"] = "false"
# A new publication is a new file: what was cached would be yesterday's.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
