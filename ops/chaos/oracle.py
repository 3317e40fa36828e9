"""From what was seen of a run to its verdict, a line a promise; each line lists what speaks against it. Pure.

dropped   a call ended and neither he, nor a goodbye, nor an operator had ended it; or he was left alone until he hung up
silence   the longest time for which a caller who waited for us heard nothing
lost      a call without a closed and truthful record; words or an order that it does not hold; records that never came out of the spool
doubled   a second record of one call; words in it twice that he said once; a write done twice
left      channels and bridges that nobody needs any more
twice     an order that the shop confirmed twice
untrue    readiness said something else than was, more than five seconds after it had become so
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from ops.chaos.expectations import FINDINGS, HELD_S, TRUTH_S, Line, Promise
from ops.chaos.observations import Kept, Observations, Sample, Seen

ENDS_S: Final = 3.0
"""A record may be on its way that long; words said so shortly before a fault may have died with what heard them."""
DIALLING_S: Final = 0.1
"""A call may take that long from the telephone into the dialplan: who dialled so shortly before a fault arrived after it."""
LATE_S: Final = 0.3
"""A caller paces his own speech, in a process that no fault touches. One who cannot keep time does not hear in time either."""
CONFIRMING: Final = "confirm_order"
OURS: Final = frozenset({"worker", "parent"})
GOODBYES: Final = frozenset({"goodbye", "silence", "too_long"})


class Verdict(msgspec.Struct, frozen=True):
    """*void*: why the run says nothing; then no line has failed."""

    silence_s: float  # the longest
    complaints: dict[Line, list[str]]
    failed: list[Line]  # the lines whose promise is broken
    void: str = ""

    @property
    def passed(self) -> bool:
        return not self.failed and not self.void


def judge(seen: Observations, promise: Promise) -> Verdict:
    longest = max((longest_silence_s(call, _free_s(seen, call)) for call in seen.calls), default=0.0)
    complaints: dict[Line, list[str]] = {line: list(look(seen)) for line, look in _LINES.items()}
    complaints["silence"] = [f"{longest:.1f} s, {promise.silence_s:g} s are allowed"] if longest > promise.silence_s else []
    failed = [line for line, found in complaints.items() if found and line not in promise.without]
    late_s = max((said.late_s for call in seen.calls for said in call.said), default=0.0)
    if failed and late_s > LATE_S:
        return Verdict(longest, complaints, [], f"the callers' own speech was {late_s:.1f} s late: the machine is too slow")
    return Verdict(longest, complaints, failed)


def _free_s(seen: Observations, call: Seen) -> float:
    """From when on he waits for nothing but to be hung up: both have said goodbye, and Asterisk cannot be told."""
    return call.said[-1].began_s if seen.target == "ari" and call.said and _said_goodbye(seen, call) else math.inf


def longest_silence_s(call: Seen, free_s: float = math.inf) -> float:
    """While he waited for us: from the last sound of either to our next, until an operator had him, the call was over, or *free_s*.

    A caller who says "hello?" into a silence does not end it: only his first say of each gap counts as a sound.
    """
    if call.answered_s is None:
        return 0.0
    over_s = min(call.human_s or call.ended_s, call.ended_s, free_s)
    gaps, quiet_since_s = list[float](), call.answered_s
    for began_s, ended_s in (*call.heard, (over_s, over_s)):
        began_s = min(began_s, over_s)  # what an operator says is no longer ours
        gaps += _split(call, quiet_since_s, began_s)
        quiet_since_s = max(quiet_since_s, ended_s)
        if quiet_since_s >= over_s:
            break
    return max(gaps, default=0.0)


def _split(call: Seen, since_s: float, until_s: float) -> Iterator[float]:
    """One gap between our sounds, by the first say of the caller that reaches into it."""
    said = next((said for said in call.said if said.ended_s > since_s and said.began_s < until_s), None)
    if said is None:
        yield until_s - since_s
        return
    yield said.began_s - since_s
    yield until_s - said.ended_s


# The lines


def _dropped(seen: Observations) -> Iterator[str]:
    for call in seen.calls:
        if call.answered_s is None:
            yield f"{call.number} was not answered"
        elif call.left_alone:
            yield f"{call.number} was left alone: {call.left_alone}"
        elif call.ended_by == "lost" or (call.ended_by == "far side" and call.human_s is None and not _said_goodbye(seen, call)):
            yield f"{call.number} was dropped after {call.ended_s - call.answered_s:.1f} s"


def _said_goodbye(seen: Observations, call: Seen) -> bool:
    return any(record.outcome in GOODBYES for record in seen.records.get(call.number, ()))


def _lost(seen: Observations) -> Iterator[str]:
    for call in seen.calls:
        if call.answered_s is None:
            continue
        records = seen.records.get(call.number, ())
        if not records:
            if not _never_ours(seen, call):
                yield f"{call.number} has no record"
            continue
        yield from (f"{call.number}: {complaint}" for complaint in _missing_in(records, seen, call))
    if seen.waiting:
        yield f"{seen.waiting} records still wait in the spool"
    if seen.refused:
        yield f"{seen.refused} records were given up"


def _never_ours(seen: Observations, call: Seen) -> bool:
    """He came while no controller could be told of him: the dialplan gave him to a human at once, and only Asterisk has his record."""
    during = seen.struck_s - DIALLING_S <= call.dialled_s < seen.healed_s + TRUTH_S
    return seen.target in {"asterisk", "ari", *OURS} and during and call.human_s is not None and not call.said


def _missing_in(records: tuple[Kept, ...], seen: Observations, call: Seen) -> Iterator[str]:
    for record in records:
        if not record.closed:
            yield "the record is open"
        elif why := _untruthful(record, seen, call):
            yield f"the record says {record.outcome}, ended by {record.ended_by}: {why}"
    held = Counter(turn for record in records for turn in record.caller_turns)
    said = Counter(said.text for said in call.said if said.ended_s < seen.struck_s - ENDS_S)
    unheld = Counter(seen.recognised) - Counter(turn for found in seen.records.values() for record in found for turn in record.caller_turns)
    yield from (f"{text!r} was understood long before the fault, and the record does not hold it" for text in (said - held) if unheld[text])
    confirmed = seen.shop[call.number].confirmed if call.number in seen.shop else 0
    noted = sum(intent == CONFIRMING for record in records for intent, _ in record.done)
    if confirmed and not noted:
        yield "the shop has his order, the ledger does not"
    if noted > confirmed:
        yield "the ledger has an order that the shop does not"


def _untruthful(record: Kept, seen: Observations, call: Seen) -> str:
    """Why it is not what happened, as far as one can tell from outside."""
    if call.ended_by == "lost" and seen.target == "asterisk":
        return "" if record.ended_by in {"asterisk", "caller", "controller"} else "Asterisk had died"
    if record.ended_by == "controller":
        return "" if seen.target in OURS else "the controller had not died"
    if call.human_s is not None:
        return "" if record.transferred else "an operator had him"
    if call.ended_by == "caller":
        return "" if record.ended_by == "caller" else "he hung up himself"
    return "" if record.outcome in GOODBYES or seen.target == "asterisk" else "it ended from our side"


def _doubled(seen: Observations) -> Iterator[str]:
    for call in seen.calls:
        records = seen.records.get(call.number, ())
        if len(records) > 1:
            yield f"{call.number} has {len(records)} records"
        held = Counter(turn for record in records for turn in record.caller_turns)
        said = Counter(said.text for said in call.said)
        yield from (f"{call.number}: {text!r} stands there more often than it was said" for text in held if held[text] > said[text] > 0)
        done = Counter(key for record in records for _, key in record.done)
        yield from (f"{call.number}: the write {key} is done {times} times" for key, times in done.items() if times > 1)


def _left(seen: Observations) -> Iterator[str]:
    yield from seen.left


def _twice(seen: Observations) -> Iterator[str]:
    yield from (f"{number} has {written.confirmed} orders" for number, written in seen.shop.items() if written.confirmed > 1)


def _untrue(seen: Observations) -> Iterator[str]:
    names = set(FINDINGS.get(seen.target, ()))
    for sample in seen.samples:
        told = f"{sample.asked_s - seen.struck_s:.1f} s after the fault"
        if sample.asked_s > seen.healed_s + TRUTH_S and (why := _not_up(sample, names)):
            yield f"{told}, {sample.asked_s - seen.healed_s:.1f} s after its end: {why}"
        if _is_down(seen, sample) and not sample.down & names:
            yield f"{told}: {'nothing' if sample.status == 0 else 'no word'} of {' or '.join(sorted(names))}"


def _not_up(sample: Sample, names: set[str]) -> str:
    """*names* empty: a part that readiness does not know; then all must be well."""
    if sample.status == 0:
        return "no answer"
    wrong = sample.down & names if names else sample.down
    return f"{', '.join(sorted(wrong))} down" if wrong else ("" if sample.status == 200 else f"status {sample.status}")


def _is_down(seen: Observations, sample: Sample) -> bool:
    """It lasts and has lasted long enough to be known; the answer belongs to the time of the fault, too."""
    lasting = seen.fault in {"cut", "hole"} and seen.target in FINDINGS
    return lasting and seen.struck_s + TRUTH_S < sample.asked_s and sample.answered_s < seen.struck_s + HELD_S


_LINES: Final[Mapping[Line, Callable[[Observations], Iterator[str]]]] = {
    "dropped": _dropped,
    "silence": lambda seen: iter(()),
    "lost": _lost,
    "doubled": _doubled,
    "left": _left,
    "twice": _twice,
    "untrue": _untrue,
}
