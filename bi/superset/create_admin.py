"""Make the user `admin` of a new Superset; the password comes from SUPERSET_PASSWORD."""

from __future__ import annotations

import os

from superset.app import create_app

app = create_app()
with app.app_context():
    manager = app.appbuilder.sm
    if manager.find_user("admin") is None:
        role = manager.find_role(manager.auth_role_admin)
        manager.add_user("admin", "Admin", "User", "admin@localhost", role, password=os.environ["SUPERSET_PASSWORD"])
