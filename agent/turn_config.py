"""The times of turn-taking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnConfig:
    turn_silence_ms: int = 550  # after the last voiced frame
    settle_ms: int = 300
    decide_ms: int = 640  # of a short sound, from its onset; 700 is what we promise
    late_words_wait_ms: int = 340  # of a longer one, from its end
    hold_ms: int = 1_200  # of one that goes on: he has something to say
    blip_ms: int = 140  # a sound that short is no word: go on as soon as it ended
    murmur_ms: int = 1_200  # a backchannel this long before the end of our reply was an answer
    silence_ms: int = 10_000
    filler_ms: int = 700  # of thinking, from the moment his turn was taken, before the first filler
    filler_late_ms: int = 3_300  # of silence before the first filler when his turn was taken late
    filler_gap_ms: int = 2_500  # of silence after something of ours before the next filler
    fillers_max: int = 3  # in one wait
    give_up_ms: int = 3_700  # of silence; the apology is to be heard before 4 s
    unheard_sound_ms: int = 600  # a sound that long without words deserves "I did not hear you"
    unheard_wait_ms: int = 1_200
    late_words_ms: int = 3_000  # words this long after a sound are still of that sound
    farewell_ms: int = 1_200  # after our goodbye he may still object
