"""The times of turn-taking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnConfig:
    turn_silence_ms: int = 550  # after the last voiced frame
    settle_ms: int = 300
    decide_ms: int = 640  # of a barge-in, from the onset; 700 is what we promise
    blip_ms: int = 140  # a sound that short is no word: go on as soon as it ended
    silence_ms: int = 10_000
    dead_air_ms: int = 3_500  # from the caller's last voiced frame; something is to be heard before 4 s
    fillers_max: int = 2
    filler_gap_ms: int = 5_000
    unheard_sound_ms: int = 600  # a sound that long without words deserves "I did not hear you"
    unheard_wait_ms: int = 1_200
    late_words_ms: int = 3_000  # words this long after a sound are still of that sound
    farewell_ms: int = 1_200  # after our goodbye he may still object
