"""``callctl doctor``: everything a call needs, tried for real; each finding in words, with what to do about it.

Nothing here disturbs a running controller: an application name, media legs and ports of its own, all removed again.
"""

from controller.doctor.examination import examine
from controller.doctor.finding import Finding, Level, exit_code, print_findings

__all__ = ["Finding", "Level", "examine", "exit_code", "print_findings"]
