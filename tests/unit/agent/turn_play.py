"""The turn machine on a stage: events at given times, deadlines on their way included."""

from __future__ import annotations

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.ports import Heard
from agent.turn import Turn, TurnState
from agent.turn_config import TurnConfig
from agent.turn_events import Effect, Event, Passed, ReplyOver, ReplyStarted


class Play:
    """Feeds the machine at given times, deadlines on their way included, and collects the effects with their times."""

    def __init__(self, config: TurnConfig | None = None) -> None:
        self.turn = Turn(0, config)
        self.effects: list[tuple[int, Effect]] = []

    def at(self, now_ms: int, *events: Event) -> list[Effect]:
        """What *events* caused, together with all that fell due before."""
        mark = len(self.effects)
        while (deadline := self.turn.deadline_ms) is not None and deadline < now_ms:
            self._note(deadline, self.turn.handle(Passed(), deadline))
        for event in events or (Passed(),):
            self._note(now_ms, self.turn.handle(event, now_ms))
        return [effect for _, effect in self.effects[mark:]]

    def _note(self, now_ms: int, effects: list[Effect]) -> None:
        self.effects += [(now_ms, effect) for effect in effects]


def listening() -> Play:
    """Our opening was played until 1,000."""
    play = Play()
    play.at(0, ReplyStarted())
    play.at(1_000, ReplyOver())
    return play


def speaking() -> Play:
    """He said "шини" until 3,000; we answer since 5,000."""
    play = listening()
    play.at(2_000, SpeechBegan(2_000))
    play.at(3_200, SpeechEnded(3_000), final("шини"))
    play.at(5_000, ReplyStarted())
    assert play.turn.state is TurnState.SPEAKING
    return play


def final(text: str) -> Heard:
    return Heard(text, final=True)


def interim(text: str) -> Heard:
    return Heard(text, final=False)
