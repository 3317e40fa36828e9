import numpy as np
import pytest

from ops.caller.g711 import ALAW, ULAW, Law

laws = pytest.mark.parametrize("law", [ULAW, ALAW], ids=lambda law: law.codec)


@laws
def test_every_code_survives_decoding_and_encoding(law: Law) -> None:
    minus_zero = 0x7F if law is ULAW else None  # 0x7F and 0xFF both mean zero; encoders send 0xFF
    codes = bytes(code for code in range(256) if code != minus_zero)
    assert law.encode(law.decode(codes)) == codes


@laws
def test_the_tables_agree_with_the_recommendation(law: Law) -> None:
    """The ends of the scale and the smallest step, from tables 1a and 2a of G.711 on the 16-bit scale."""
    positive = {ULAW.codec: {0x80: 32124, 0xFF: 0, 0xFE: 8}, ALAW.codec: {0xAA: 32256, 0xD5: 8, 0xD4: 24}}[law.codec]
    for code, sample in positive.items():
        assert np.frombuffer(law.decode(bytes([code, code ^ 0x80])), dtype="<i2").tolist() == [sample, -sample]


def test_silence_stays_silence() -> None:
    assert ULAW.encode(bytes(2)) == ULAW.silence
    assert ALAW.encode(bytes(2)) == ALAW.silence
    assert ULAW.decode(ULAW.silence) == bytes(2)


@laws
def test_speech_comes_back_within_the_step_of_the_law(law: Law) -> None:
    speech = (8000 * np.sin(np.arange(1600) / 7)).astype("<i2")
    back = np.frombuffer(law.decode(law.encode(speech.tobytes())), dtype="<i2")
    assert np.max(np.abs(back.astype(int) - speech)) <= 8000 // 16


@laws
def test_the_whole_scale_is_monotonous(law: Law) -> None:
    scale = np.arange(-32768, 32768).astype("<i2")
    assert np.all(np.diff(np.frombuffer(law.decode(law.encode(scale.tobytes())), dtype="<i2").astype(int)) >= 0)
