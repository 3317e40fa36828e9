"""Render what Asterisk itself says anew, in Ukrainian, into `asterisk/sounds/uk`.

    RHVOICE_ROOT=folder python -m ops.devstack.announcements

Asterisk has no Ukrainian grammar of numbers and composes them as in English, "20" + "1": right for a place in a queue in Ukrainian too.
See `ops.standins.voices.render` for RHVoice; natalia's licence is LGPL-2.1+.
"""

import wave
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from agent.prompt.phrases import PHRASES as AGENTS
from ops.standins.voices.engine import Speech, open_engine
from ops.standins.voices.render import AGENT_SPEAKER, mastered, synthesise
from ops.standins.voices.render import RATE_HZ as RENDERED_HZ

FOLDER: Final = Path(__file__).parents[2] / "asterisk/sounds/uk"
RATE_HZ: Final = 8000  # what a file named *.wav must have for Asterisk
PAUSE_MS: Final = 150

# The names queue-* are app_queue's: "thereare", the number, "callswaiting" make one announcement, "youarenext" another;
# "thankyou" ends either.
PHRASES: Final = {
    "queue-youarenext": "Ви наступні в черзі до оператора.",
    "queue-thereare": "Ваше місце в черзі до оператора:",
    "queue-callswaiting": "Зачекайте, будь ласка.",
    "queue-thankyou": "Дякуємо за очікування.",
    # To an operator, by the dialplan, where no controller is there to tell him more.
    "screening": AGENTS["screening"],
}
_UNITS = "один два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять тринадцять чотирнадцять п'ятнадцять шістнадцять"
_UNITS += " сімнадцять вісімнадцять дев'ятнадцять двадцять"
NUMBERS: Final = {f"digits/{number}": word for number, word in enumerate(_UNITS.split(), start=1)} | {
    "digits/30": "тридцять",
    "digits/40": "сорок",
    "digits/50": "п'ятдесят",
}


def main() -> None:
    """Write every file; raises EngineFailed where no voice is found."""
    engine = open_engine("rhvoice")
    for name, text in {**PHRASES, **NUMBERS}.items():
        samples = mastered(synthesise(engine, Speech(text, AGENT_SPEAKER)))
        telephone = soxr.resample(samples, RENDERED_HZ, RATE_HZ, quality="HQ")
        padded = np.concatenate([telephone, np.zeros(RATE_HZ * PAUSE_MS // 1000)])
        path = FOLDER / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes((np.clip(padded, -1, 1) * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
