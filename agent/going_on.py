"""A talk breaks off because its process ends, and goes on in another.

    what was going on                                          after the apology
    ────────────────────────────────────────────────────────────────────────────────────────────────────────
    he was to be put through                                   he is told so again, and is
    a fixed phrase was being said                              it is said again, from its beginning
    an answer was in the making; he had spoken, or was         the model goes on: the apology is said meanwhile, as a filler
    speaking, and had no answer; a tool has no result          (what it had turned to is worked first: ``agent.dialogue``)
    we had said goodbye, and he did not object                 the talk ends unless he does
    nothing                                                    we listen

What he had begun to say counts as said, but not as agreement: it may have gone on.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.agent_turn import AgentTurn
from agent.dictation import Dictation
from agent.history import CallerSaid, Entry, History
from agent.memory import Going
from agent.mouth import Mouth
from agent.outcome import Completed, HandOff, Outcome
from agent.records import TurnRecord

ADOPTED = "adopted"
_ENOUGH = frozenset({ADOPTED, "still_there", "goodbye_silence"})  # after the apology these need not be said again
_QUOTE = 60  # characters


def break_off(
    entries: Sequence[Entry],
    *,
    ours: AgentTurn | None,
    his: TurnRecord | None,
    dictations: Sequence[Dictation],
    farewell: bool,
    decided: Outcome | None,
) -> tuple[list[Entry], Going]:
    """The history's *entries* and what is going on, if it all ended now. *ours* and *his* are turns that are not over."""
    left, going = list(entries), Going(dictations=list(dictations), farewell=farewell or isinstance(decided, Completed))
    going.hand_off = decided if isinstance(decided, HandOff) else None
    if ours is not None:
        left, whole = ours.broken_off(left), ours.speech.over
        if (record := ours.record(interrupted=not whole)) is not None:
            going.turns.append(record)
        going.answering = ours.answer is not None and not whole
        going.phrases = [] if whole else list(ours.phrases)
        if ours.dictation is not None and not whole:
            going.dictations.insert(0, ours.dictation)
        going.farewell = going.farewell or ours.parting
        going.hand_off = going.hand_off or ours.hand_off
    if his is not None:
        left.append(CallerSaid(his.text, broken=True))
        going.turns.append(his)
        going.farewell = False
    return left, going


def go_on(going: Going, mouth: Mouth, history: History) -> bool:
    """Begin with the apology; True: he waits for an answer, and is told more than that."""
    again = [phrase for phrase in going.phrases if phrase not in _ENOUGH]
    if going.hand_off is not None:
        mouth.say(ADOPTED, "transfer", hand_off=going.hand_off)
    elif again:
        mouth.say(ADOPTED, *again)
    elif not going.farewell and (going.answering or _unanswered(history)):
        history.note(_mark(history))
        mouth.answer(None, meanwhile=ADOPTED)
        return True
    else:
        mouth.say(ADOPTED, farewell=going.farewell)
    return False


def _unanswered(history: History) -> bool:
    said = history.said()
    return bool(said and said[-1].speaker == "caller") or bool(history.unfinished())


def _mark(history: History) -> str:
    said = history.said()
    if not said or said[-1].speaker == "caller":
        return "зв'язок на мить урвався, ти вже перепросила; відповіді абонент ще не чув: дай її зараз"
    text = said[-1].text
    quote = text if len(text) <= _QUOTE else f"…{text[-_QUOTE:].partition(' ')[2]}"
    return f"зв'язок на мить урвався, ти вже перепросила; останнє, що чув абонент: «{quote}»; продовж звідти, не повторюй сказаного"
