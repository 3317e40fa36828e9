"""G.711 µ-law, as a SIP trunk carries speech (ITU-T G.711): 8 bits a sample, 8 kHz. Table-driven, numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BIAS = 132
_CLIP = 32635


def _decoded(code: int) -> int:
    inverted = ~code & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + _BIAS << ((inverted >> 4) & 7)) - _BIAS
    return -magnitude if inverted & 0x80 else magnitude


_DECODE: npt.NDArray[np.int16] = np.array([_decoded(code) for code in range(256)], dtype=np.int16)


def _encoded(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


_ENCODE: npt.NDArray[np.uint8] = np.array([_encoded(sample) for sample in range(-32768, 32768)], dtype=np.uint8)


def decode(ulaw: bytes) -> bytes:
    """µ-law bytes to 16-bit little-endian PCM."""
    return _DECODE[np.frombuffer(ulaw, dtype=np.uint8)].astype("<i2").tobytes()


def encode(pcm: bytes) -> bytes:
    """16-bit little-endian PCM to µ-law bytes."""
    return _ENCODE[np.frombuffer(pcm, dtype="<i2").astype(np.int32) + 32768].tobytes()
