"""The sound: frames, the audio's clock, connections."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, quantiles, rises
from ops.grafana.draw import Board, Panel, Query

BOARD = Board(
    name="media",
    title="Media",
    about="Whether what is spoken reaches the callers in time, and whether the process has the time for it.",
    panels=(
        Panel(
            kind="stat",
            title="Lines",
            about="Media legs open now.",
            queries=[Query(f"sum(callctl_audio_lines{{{HERE}}})")],
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Frames missing, 24 h",
            about="Of those that were due in ended calls; from 1 % on callers hear it.",
            queries=[
                Query(
                    f'sum(increase(callctl_audio_frames_total{{kind="skipped", {HERE}}}[24h]))'
                    f' / sum(increase(callctl_audio_frames_total{{kind="due", {HERE}}}[24h]))'
                )
            ],
            unit="percentunit",
            warn=0.001,
            bad=0.01,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Missing on lines that are open",
            about="Frames since each began.",
            queries=[Query(f"sum(callctl_audio_skipped_live_frames{{{HERE}}})")],
            warn=50,
            bad=500,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Connections refused, 24 h",
            about="To AudioSocket: unknown or used UUIDs, floods, malformed frames.",
            queries=[Query(f"sum(increase(callctl_audio_refused_connections_total{{{HERE}}}[24h]))")],
            warn=1,
            bad=100,
            width=6,
            height=4,
        ),
        Panel(
            title="How late the audio's clock is",
            unit="s",
            bad=0.02,
            log_scale=True,
            about="The jitter that we put into every call; half a millisecond is meant. What is 20 ms late is lost.",
            queries=[
                *quantiles("callctl_audio_beat_late_seconds", over="5m"),
                Query(f"histogram_quantile(0.999, sum by (le) (rate(callctl_audio_beat_late_seconds_bucket{{{HERE}}}[5m])))", "p99.9"),
            ],
        ),
        Panel(
            title="Beats that came too late",
            about="More than 20 ms. AudioClockLate fires above 0.5 %.",
            unit="percentunit",
            bad=0.005,
            queries=[Query(f"callctl:beats_lost:ratio_5m{{{HERE}}}", "{{instance}}")],
        ),
        Panel(
            kind="bars",
            title="Frames of ended calls",
            about="Of 20 ms; sent and skipped add up to due.",
            each="5m",
            queries=[rises("callctl_audio_frames_total", "kind")],
        ),
        Panel(
            title="Frames missing",
            about="Over 15 minutes. FramesMissing fires above 1 %.",
            unit="percentunit",
            bad=0.01,
            queries=[Query("callctl:frames_missing:ratio_15m", "missing")],
        ),
        Panel(
            title="CPU",
            about="Of each controller, in cores.",
            queries=[Query(f'rate(process_cpu_seconds_total{{job="controller", {HERE}}}[1m])', "{{instance}}")],
        ),
        Panel(
            title="Memory",
            about="Resident, of each controller.",
            unit="bytes",
            queries=[Query(f'process_resident_memory_bytes{{job="controller", {HERE}}}', "{{instance}}")],
        ),
    ),
)
