"""The reporter: the clerk that makes the reports which are asked for.

`python -m aecore.jobs.reporter`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aecore.jobs.clerk import Clerk, Pace, ensure, main
from aecore.reports import Follow, ReportSpec
from aecore.reports.shelf import Asked, ReportShelf, Subject, data_of, ticket_of
from aecore.runs.desk import Standing
from aecore.runs.inference import load_model
from aecore.runs.store import RunStore


class Reporter(Clerk[ReportSpec]):
    """Makes reports."""

    thing = "report"
    advice = "Ask for fewer images."

    def __init__(self, root: Path) -> None:
        self.root = root
        self.desk = self.shelf = ReportShelf(root)

    def work(self, asked: Asked, standing: Standing) -> None:
        """Make a report; one of weights that are gone meanwhile is forgotten."""
        subject, *beside = (self._subject(name) for name in (asked.run, *asked.spec.beside))
        if asked.ticket != ticket_of(subject, asked.spec, beside):
            return
        report = asked.spec.report(beside)
        found = report.make(*subject, self._follow(asked, standing))
        self.shelf.keep(asked.ticket, found, data_of(asked.spec, (subject, *beside)))

    def _subject(self, name: str) -> Subject:
        run = RunStore(self.root)[name]
        return run, load_model(run)

    def _follow(self, asked: Asked, standing: Standing) -> Follow:
        pace = Pace()

        def follow(share: float, doing: str) -> None:
            if pace.ready():
                self.say(asked, replace(standing, share=min(1.0, share), message=doing))
                pace.spoken()

        return follow


def ensure_reporter(root: Path) -> bool:
    """Start a reporter where none is at work. True if one had to be started; raises StoreError."""
    return ensure("aecore.jobs.reporter", root)


if __name__ == "__main__":
    main("reporter", Reporter)
