import numpy as np

from ops.caller import g711


def test_every_code_survives_decoding_and_encoding() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)  # 0x7F and 0xFF both mean zero; encoders send 0xFF
    assert g711.encode(g711.decode(codes)) == codes


def test_silence_stays_silence() -> None:
    assert g711.decode(g711.encode(bytes(320))) == bytes(320)


def test_speech_comes_back_within_the_step_of_the_law() -> None:
    speech = (8000 * np.sin(np.arange(1600) / 7)).astype("<i2")
    back = np.frombuffer(g711.decode(g711.encode(speech.tobytes())), dtype="<i2")
    assert np.max(np.abs(back.astype(int) - speech)) <= 8000 // 16
