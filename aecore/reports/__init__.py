"""Reports on a run: questions about its reconstructions, answered beside classical methods."""

from aecore.registry import import_siblings
from aecore.reports.base import Findings, Follow, Report, reports
from aecore.reports.spec import ReportSpec

import_siblings(__name__, __path__)

__all__ = ["Findings", "Follow", "Report", "ReportSpec", "reports"]
