"""The spool, PostgreSQL, Redis and the live views."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, NO_YES
from ops.grafana.draw import Board, Panel, Query

BOARD = Board(
    name="storage",
    title="Spool and database",
    about="Whether the records of calls arrive, and what they wait for.",
    panels=(
        Panel(
            kind="stat",
            title="Records that wait",
            about="In the spool, for PostgreSQL.",
            queries=[Query(f"sum(callctl_journal_backlog_records{{{HERE}}})")],
            warn=100,
            bad=10_000,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="The oldest of them",
            about="JournalBacklogGrowing fires after five minutes.",
            queries=[Query(f"max(callctl_journal_oldest_seconds{{{HERE}}})")],
            unit="s",
            warn=30,
            bad=300,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Set aside",
            about="Dead letters: records that PostgreSQL refuses.",
            queries=[Query(f"sum(callctl_journal_dead_letters{{{HERE}}})")],
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Lost, 24 h",
            about="Records that could be kept nowhere.",
            queries=[Query(f"sum(increase(callctl_journal_lost_records_total{{{HERE}}}[24h]))")],
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Months ready",
            about="After this one, with partitions; two are meant.",
            queries=[Query(f"min(callctl_partitions_ready_months{{{HERE}}})")],
            low_is_bad=True,
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Log lines dropped, 24 h",
            about="Of the process' own log: nobody took them in time.",
            queries=[Query(f"sum(increase(callctl_log_dropped_lines_total{{{HERE}}}[24h]))")],
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            title="Backlog",
            about="Records not yet in PostgreSQL.",
            queries=[Query(f"callctl_journal_backlog_records{{{HERE}}}", "{{instance}}")],
        ),
        Panel(
            title="Age of the oldest",
            about="JournalBacklogGrowing fires after five minutes.",
            unit="s",
            bad=300,
            queries=[Query(f"callctl_journal_oldest_seconds{{{HERE}}}", "{{instance}}")],
        ),
        Panel(
            kind="state-timeline",
            title="Failing",
            about="Red while it does.",
            words=NO_YES,
            bad=1,
            queries=[
                Query(f"max(callctl_journal_disk_failing{{{HERE}}})", "spool's disk"),
                Query(f"max(callctl_journal_database_failing{{{HERE}}})", "PostgreSQL takes nothing"),
                Query(f"max(callctl_partitions_failing{{{HERE}}})", "partitions"),
                Query(f"max(callctl_live_state_failing{{{HERE}}})", "live state in Redis"),
                Query(f"max(callctl_log_fanout_failing{{{HERE}}})", "live log through Redis"),
            ],
        ),
        Panel(
            title="Questions to the database",
            about="Of API and console, under way and waiting; more than 30 are refused.",
            bad=30,
            queries=[
                Query(f"callctl_database_questions{{{HERE}}}", "{{instance}}"),
                Query(f"sum(increase(callctl_database_refused_questions_total{{{HERE}}}[5m]))", "refused within 5 minutes"),
            ],
        ),
        Panel(
            title="Who watches live",
            about="Readers of the live picture and of the live log.",
            queries=[Query(f"sum(callctl_board_readers{{{HERE}}})", "picture"), Query(f"sum(callctl_log_readers{{{HERE}}})", "log")],
        ),
        Panel(
            kind="bars",
            title="Watchers cut off",
            about="They were too slow.",
            each="5m",
            queries=[
                Query(f"sum(increase(callctl_board_readers_cut_off_total{{{HERE}}}[$__interval]))", "picture"),
                Query(f"sum(increase(callctl_log_readers_cut_off_total{{{HERE}}}[$__interval]))", "log"),
            ],
        ),
    ),
)
