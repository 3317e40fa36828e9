"""Our share of a wait: what is left of it without the endpointing hold and the stand-ins' service times. Pure.

Which request belongs to which answer:

    shop    the request id, which the record has as well                        always certain
    model   the id of the tool use it answers with or is about; else the caller's words, asked between "asked" and "token"
    voice   the words of the first clause, wanted between "clause" and "audio"
    stt     the recognised words, their final sent before "asked"

Where several requests fit (many callers ask the same at the same time), their mean is taken off and the answer counts as matched
by the mean; where none fits, nothing is taken off: that part stays ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ops.bench.answers import Answer, Logs
from ops.standins.control import Served

CLOCKS_MS = 10.0
"""The record counts whole ms of a loop's clock that stands still during a callback; a stand-in's time may differ by so much."""

TOOL_FIRST_MS = 5.0
"""So long before the first clause a tool must have begun for the words to be its fruit; words that announce a tool come just before it."""

EARLIEST_FINAL_MS = 1_500.0  # before the end of the turn


@dataclass(frozen=True, slots=True)
class Service:
    """The time a stand-in took for one request; *fitting* is how many requests it might have been, 0: none was found."""

    kind: str
    ms: float
    fitting: int


@dataclass(frozen=True, slots=True)
class Share:
    wire_ms: float
    hold_ms: float
    services: tuple[Service, ...]
    voice_lead_ms: float = 0.0  # silence at the start of the voice's audio

    @property
    def service_ms(self) -> float:
        return sum(service.ms for service in self.services)

    @property
    def ours_ms(self) -> float:
        return self.wire_ms - self.hold_ms - self.service_ms - self.voice_lead_ms

    @property
    def matched(self) -> str:
        """How sure the services are: "exactly", "by the mean" or "in part"."""
        if any(service.fitting == 0 for service in self.services):
            return "in part"
        return "exactly" if all(service.fitting == 1 for service in self.services) else "by the mean"


def services_of(answer: Answer, logs: Logs) -> tuple[Service, ...]:
    """What the stand-ins did between the end of the caller's turn and the first frame of *answer*."""
    before_words = [use for use in answer.tools if use.started_ms < answer.clause_ms - TOOL_FIRST_MS]
    found = [_recognition(answer, logs.stt), _first_reply(answer, logs.model, whole=bool(before_words))]
    for place, use in enumerate(before_words):
        found += _shop(use.request_id, logs.shop)
        about = [served for served in logs.model if use.tool_use_id in served.detail.get("answers", ())]
        found.append(_service("model", about[:1], _until_end if place + 1 < len(before_words) else _until_first))
    found.append(_voice(answer, logs.voice))
    return tuple(found)


def _recognition(answer: Answer, log: Sequence[Served]) -> Service:
    """Only what it took beyond the hold: a final that was there before has cost nobody anything."""
    fitting = [
        served
        for served in log
        if served.detail.get("text") == answer.question
        and served.ended_ms is not None
        and answer.ended_ms - EARLIEST_FINAL_MS <= served.ended_ms <= answer.asked_ms + CLOCKS_MS
    ]
    return _service("stt", fitting, lambda served: (served.ended_ms or 0.0) - max(served.arrived_ms, answer.ended_ms))


def _first_reply(answer: Answer, log: Sequence[Served], *, whole: bool) -> Service:
    took = _until_end if whole else _until_first
    own_uses = {use.tool_use_id for use in answer.tools}
    certain = [served for served in log if own_uses & set(served.detail.get("uses", ())) and not own_uses & set(served.detail["answers"])]
    if certain:
        return _service("model", certain[:1], took)
    fitting = [
        served
        for served in log
        if served.detail.get("asked") == answer.question
        and answer.asked_ms - CLOCKS_MS <= served.arrived_ms <= answer.asked_ms + answer.model_ms + CLOCKS_MS
    ]
    return _service("model", fitting, took)


def _shop(request_id: str, log: Sequence[Served]) -> list[Service]:
    """A tool may ask the shop several times, or not at all."""
    return [_service("shop", [served], _until_end) for served in log if served.detail.get("request_id") == request_id]


def _voice(answer: Answer, log: Sequence[Served]) -> Service:
    text = _words(answer.text)
    fitting = [
        served
        for served in log
        if served.first_ms is not None
        and text.startswith(_words(served.detail.get("text", "")))
        and answer.clause_ms - CLOCKS_MS <= served.arrived_ms
        and served.first_ms <= answer.audio_ms + CLOCKS_MS
    ]
    return _service("voice", fitting, _until_first)


def first_clause(answer: Answer, log: Iterable[Served]) -> str | None:
    """The words with which the voice began *answer*; None if no request fits."""
    text = _words(answer.text)
    return next((told for served in log if (told := served.detail.get("text", "")) and text.startswith(_words(told))), None)


def _service(kind: str, fitting: Sequence[Served], took: Callable[[Served], float]) -> Service:
    return Service(kind, fmean(max(0.0, took(served)) for served in fitting) if fitting else 0.0, len(fitting))


def _until_first(served: Served) -> float:
    return (served.first_ms if served.first_ms is not None else served.ended_ms or served.arrived_ms) - served.arrived_ms


def _until_end(served: Served) -> float:
    return (served.ended_ms or served.arrived_ms) - served.arrived_ms


def _words(text: str) -> str:
    return " ".join(text.split())
