"""Both laws of G.711, as a SIP trunk carries speech (ITU-T G.711): 8 bits a sample, 8 kHz. Table-driven, numpy.

code      s e e e m m m m      sign, exponent, mantissa; all bits inverted (µ), or every second one (A)
µ-law     ±((m·8 + 132)·2ᵉ − 132)           A-law     ±(m·16 + 8), for e > 0 ±(m·16 + 264)·2ᵉ⁻¹
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_BIAS = 132
_CLIP = 32635


def _ulaw_decoded(code: int) -> int:
    inverted = ~code & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + _BIAS << ((inverted >> 4) & 7)) - _BIAS
    return -magnitude if inverted & 0x80 else magnitude


def _ulaw_encoded(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def _alaw_decoded(code: int) -> int:
    inverted = code ^ 0x55
    exponent, mantissa = (inverted >> 4) & 7, inverted & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 264) << (exponent - 1)
    return magnitude if inverted & 0x80 else -magnitude


def _alaw_encoded(sample: int) -> int:
    sign, magnitude = (0x80, sample) if sample >= 0 else (0, ~sample)
    exponent = max(magnitude.bit_length() - 8, 0)
    return (sign | exponent << 4 | (magnitude >> (max(exponent, 1) + 3)) & 0x0F) ^ 0x55


@dataclass(frozen=True, slots=True)
class Law:
    """One of the two."""

    codec: str  # its name in an SDP
    payload_type: int  # of RTP (RFC 3551)
    silence: bytes  # one sample of it
    _decoded: npt.NDArray[np.int16] = field(repr=False, compare=False)
    _encoded: npt.NDArray[np.uint8] = field(repr=False, compare=False)

    def decode(self, coded: bytes) -> bytes:
        """To 16-bit little-endian PCM."""
        return self._decoded[np.frombuffer(coded, dtype=np.uint8)].astype("<i2").tobytes()

    def encode(self, pcm: bytes) -> bytes:
        """From 16-bit little-endian PCM."""
        return self._encoded[np.frombuffer(pcm, dtype="<i2").astype(np.int32) + 32768].tobytes()


_CODES, _SAMPLES = range(256), range(-32768, 32768)
ULAW = Law(
    "PCMU",
    0,
    b"\xff",
    np.array([_ulaw_decoded(code) for code in _CODES], dtype=np.int16),
    np.array([_ulaw_encoded(sample) for sample in _SAMPLES], dtype=np.uint8),
)
ALAW = Law(
    "PCMA",
    8,
    b"\xd5",
    np.array([_alaw_decoded(code) for code in _CODES], dtype=np.int16),
    np.array([_alaw_encoded(sample) for sample in _SAMPLES], dtype=np.uint8),
)
