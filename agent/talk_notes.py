"""What one talk tells the call's log of itself: sounds, final texts, interruptions, the recogniser's streams, failures."""

from __future__ import annotations

from typing import Literal

from agent.dictation import Dictation
from agent.endpointing import SpeechBegan, SpeechEnded
from agent.errors import AgentError
from agent.minutes import Minutes
from agent.moments import Sounds, failure, stage
from agent.ports import Heard, Recognition, Streams, TellsStreams
from agent.records import Moment
from agent.turn import Turn, TurnState
from agent.turn_events import Dictated, Event, TakenOffHold

_TAKEN = frozenset({TurnState.LISTENING, TurnState.THINKING, TurnState.SPEAKING})


class TalkNotes:
    def __init__(self, minutes: Minutes) -> None:
        self._minutes = minutes
        self._sounds = Sounds()
        self._streams = Streams()

    def sound(self, event: SpeechBegan | SpeechEnded) -> None:
        self._minutes.note(self._sounds.heard(event))

    def final(self, heard: Heard, turn: Turn, now_ms: int) -> None:
        """A final text came; *turn* does not know of it yet. Late: the turn was taken without it."""
        name = "LateFinal" if turn.state in _TAKEN else "FinalHeard"
        if (over_for_ms := turn.over_for_ms(now_ms)) is None:
            self._note(name, "stt", heard.text)
        else:
            self._minutes.note(stage("stt", name, over_for_ms, heard.text))

    def streams(self, recognition: Recognition) -> None:
        """The recogniser may have gone on in another stream."""
        if not isinstance(recognition, TellsStreams) or recognition.streams == self._streams:
            return
        before, self._streams = self._streams, recognition.streams
        if failed := self._streams.failed - before.failed:
            self._minutes.note(Moment(source="stt", name="StreamReconnected", level="warn", data={"failed": failed}))
        elif before.opened:
            self._note("StreamRotated", "stt")

    def cut(self, event: Event, heard_text: str) -> None:
        """*event* cut us when *heard_text* had been heard."""
        if isinstance(event, Dictated):
            self._minutes.note(Moment(source="vad", name="CutShort", text=heard_text, data={"by": event.dictation.by}))
        else:
            self._note("BargeIn", "vad", heard_text)

    def resumed(self, event: Event, words: str) -> None:
        """It was no interruption: a sound without words, or *words* of one who listens."""
        if not isinstance(event, TakenOffHold):
            self._note("Backchannel" if words else "Resumed", "vad", words)

    def dropped(self, dictations: tuple[Dictation, ...]) -> None:
        """The talk ended before they could be said."""
        for dictation in dictations:
            told = {"by": dictation.by}
            self._minutes.note(Moment(source="tts", name="DictationDropped", level="warn", text=dictation.text, data=told))

    def failed(self, failed: AgentError) -> None:
        self._minutes.note(failure(failed))

    def _note(self, name: str, source: Literal["vad", "stt"], text: str = "") -> None:
        self._minutes.note(Moment(source=source, name=name, text=text))
