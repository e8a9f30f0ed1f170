"""The input of a dlt source: a provider's part of a run, or a run of the source alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tiktok_hashtags.extract.session import Session
from tiktok_hashtags.extract.settings import Settings
from tiktok_hashtags.extract.walk import Targets, Walk


@dataclass(frozen=True, slots=True)
class SourceRun:
    """A provider's settings, the session of the run, and the walks that are planned for the provider."""

    settings: Settings
    session: Session
    walks: Sequence[Walk]

    @classmethod
    def alone(
        cls,
        targets: Targets,
        walks_for: Callable[[Targets, Settings, Session], list[Walk]],
        settings: Settings,
        *,
        ledger_path: str | None = None,
    ) -> SourceRun:
        """Plan the run of a source in a dlt pipeline without the command line.

        Args:
            targets: The arguments of the source.
            walks_for: The provider's function of that name.
            settings: The provider's settings.
            ledger_path: A journal and ledger to share; None for a temporary one.
        """
        session = Session.alone(ledger_path=ledger_path)
        return cls(settings, session, walks_for(targets, settings, session))

    def walks_of(self, endpoint: str) -> list[Walk]:
        """Return the walks of one resource."""
        return [walk for walk in self.walks if walk.endpoint == endpoint]
