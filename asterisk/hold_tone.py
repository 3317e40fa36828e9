"""Music on hold without anybody's rights in it: two soft notes, 8 kHz, 16 bit, one channel.

`python hold_tone.py FOLDER` writes FOLDER/hold.wav.
"""

import math
import struct
import sys
import wave
from pathlib import Path

RATE_HZ = 8000
NOTES = ((392.0, 0.0), (523.25, 0.6))  # frequency in Hz, start in seconds: g' and c''
LENGTH_S, NOTE_S, LEVEL = 5.0, 1.4, 1800


def sample(index: int) -> int:
    """One sample: every note swells in 50 ms and fades away."""
    total = 0.0
    for frequency, start_s in NOTES:
        at = index / RATE_HZ - start_s
        if 0.0 <= at < NOTE_S:
            total += min(at / 0.05, 1.0) * (1.0 - at / NOTE_S) ** 2 * math.sin(2 * math.pi * frequency * at)
    return int(LEVEL * total)


def write(folder: Path) -> Path:
    """Write hold.wav into the folder; its path."""
    path = folder / "hold.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(b"".join(struct.pack("<h", sample(index)) for index in range(int(RATE_HZ * LENGTH_S))))
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
