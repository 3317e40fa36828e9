"""Render the bundled audio anew: what simulated callers say and the agent's fixed phrases.

    RHVOICE_ROOT=folder python -m ops.standins.voices.render [phrasebook] [fixed] [--missing]

``--missing`` leaves the files that are there and still say their text: rendering them again would change them for nothing.

Needs RHVoice with its Ukrainian and Russian voices. On Debian 12 with ``non-free`` in the sources, in a private folder:

    apt-get download librhvoice5 librhvoice-core7 libsonic0 rhvoice-ukrainian rhvoice-russian
    for deb in *.deb; do dpkg-deb -x $deb folder; done

Only voices under LGPL-2.1+ are used: natalia and anatol (Ukrainian), irina and aleksandr (Russian).
Speech is trimmed to its voiced part and brought to one level; the phrasebook's marks are put in front of it.
Texts of the fixed phrases are those of ``agent.prompt.phrases``.
"""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from agent.prompt.phrases import PHRASES
from ops.standins.phrasebook import FOLDER, phrases
from ops.standins.phrasebook.mark import encode
from ops.standins.voices.engine import Engine, Speech, open_engine

RATE_HZ: Final = 16_000
LEVEL_DBFS: Final = -20.0
"""RMS over the voiced frames; near the loudest that telephone speech is kept at, so that G.711 adds no audible noise."""
PEAK: Final = 0.7
VOICED_DB: Final = -32.0
"""Frames this far below the level of the whole are trimmed at both ends."""
FRAME: Final = RATE_HZ // 100
FIXED_FOLDER: Final = Path(__file__).parents[3] / "agent" / "prompt" / "audio"
TEXTS: Final = FIXED_FOLDER / "texts.json"
"""What the files say, to notice a text that was changed without its audio."""
AGENT_SPEAKER: Final = "natalia"
Samples = NDArray[np.float64]


def synthesise(engine: Engine, speech: Speech) -> Samples:
    """Speech at 16 kHz, -1..1, as the engine gave it."""
    pieces: list[bytes] = []
    rates: set[int] = set()

    def sink(pcm: bytes, rate_hz: int) -> bool:
        pieces.append(pcm)
        rates.add(rate_hz)
        return True

    engine.speak(speech, sink)
    (rate_hz,) = rates
    return np.asarray(soxr.resample(np.frombuffer(b"".join(pieces), "<i2") / 32768, rate_hz, RATE_HZ, quality="HQ"))


def mastered(speech: Samples) -> Samples:
    """*speech* trimmed to its voiced part, at ``LEVEL_DBFS``, its ends faded over 5 ms."""
    whole = speech[: len(speech) // FRAME * FRAME]
    rms = np.sqrt((whole.reshape(-1, FRAME) ** 2).mean(axis=1))
    voiced = np.flatnonzero(rms > rms.max() * 10 ** (VOICED_DB / 20))
    trimmed = whole[voiced[0] * FRAME : (voiced[-1] + 1) * FRAME]
    active = rms[rms > rms.max() / 10]
    louder = 10 ** (LEVEL_DBFS / 20) / np.sqrt((active**2).mean())
    out = trimmed * min(louder, PEAK / np.abs(trimmed).max())
    fade = np.linspace(0, 1, FRAME // 2)
    out[: len(fade)] *= fade
    out[-len(fade) :] *= fade[::-1]
    return np.asarray(out)


def cough() -> Samples:
    """200 ms of shaped noise: loud enough for a voice detector, nothing that a recogniser could read."""
    random = np.random.default_rng(7)
    at = np.arange(RATE_HZ // 5) / RATE_HZ
    noise = np.convolve(random.normal(size=len(at)), np.ones(6) / 6, mode="same")
    shaped = noise * np.minimum(at / 0.01, 1) * np.exp(-at / 0.12)
    return np.asarray(0.6 * shaped / np.abs(shaped).max())


def save(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


def render_phrasebook(engine: Engine, *, only_missing: bool = False) -> None:
    """*only_missing*: a phrase whose text was changed is rendered again when its file is deleted."""
    for phrase in phrases().values():
        entry = phrase.entry
        if only_missing and (FOLDER / entry.wav).exists():
            continue
        if entry.id is None:
            save(FOLDER / entry.wav, cough())
            continue
        speech = mastered(synthesise(engine, Speech(entry.spoken or entry.text, entry.speaker)))
        save(FOLDER / entry.wav, np.concatenate([encode(entry.id, RATE_HZ), speech]))
        print(f"{entry.wav}: {len(speech) / RATE_HZ:.2f} s of speech")


def render_fixed(engine: Engine, *, only_missing: bool = False) -> None:
    bundled = json.loads(TEXTS.read_text(encoding="utf-8")) if TEXTS.exists() else {}
    for key, text in PHRASES.items():
        if only_missing and bundled.get(key) == text and (FIXED_FOLDER / f"{key}.wav").exists():
            continue
        speech = mastered(synthesise(engine, Speech(text, AGENT_SPEAKER)))
        save(FIXED_FOLDER / f"{key}.wav", speech)
        print(f"{key}.wav: {len(speech) / RATE_HZ:.2f} s")
    TEXTS.write_text(json.dumps(dict(PHRASES), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def main(wanted: list[str]) -> None:
    only_missing = "--missing" in wanted
    what = {"phrasebook", "fixed"} & set(wanted) or {"phrasebook", "fixed"}
    engine = open_engine("rhvoice")
    if "phrasebook" in what:
        render_phrasebook(engine, only_missing=only_missing)
    if "fixed" in what:
        render_fixed(engine, only_missing=only_missing)


if __name__ == "__main__":
    main(sys.argv[1:])
