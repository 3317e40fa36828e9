"""The queue's announcements: every file that Asterisk asks for is there and can be played."""

import wave

from ops.devstack.announcements import FOLDER, NUMBERS, PHRASES


def test_what_the_queue_says_is_there_in_the_telephones_rate() -> None:
    names = [*PHRASES, *NUMBERS]
    assert {f"digits/{number}" for number in range(1, 21)} <= set(names)
    for name in names:
        with wave.open(str(FOLDER / f"{name}.wav")) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            assert 0.3 < sound.getnframes() / 8000 < 5
