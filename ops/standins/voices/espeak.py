"""espeak-ng through its C interface (speak_lib.h), library and data from the wheel ``espeakng-loader``.

Robotic but free, small and in every language; 22.05 kHz. One engine a process: the library's state is global.
"""

from __future__ import annotations

import ctypes as c

from ops.standins.voices.engine import EngineFailed, Sink, Speech

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_RATE_PARAMETER = 1
_WORDS_A_MINUTE = 165
_BUFFER_MS = 60
_RUSSIAN_SPEAKERS = ("irina", "aleksandr", "elena", "anna")
_CALLBACK = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.c_void_p)


class Espeak:
    """The engine; use it from one thread at a time."""

    name = "espeak"

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise EngineFailed("espeak-ng is not installed: pip install espeakng-loader") from error
        self._lib = c.CDLL(espeakng_loader.get_library_path())
        self._rate_hz = self._lib.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, _BUFFER_MS, str(espeakng_loader.get_data_path()).encode(), 0)
        if self._rate_hz <= 0:
            raise EngineFailed("espeak-ng did not find its data")
        self._lib.espeak_Synth.argtypes = [
            c.c_char_p, c.c_size_t, c.c_uint, c.c_int, c.c_uint, c.c_uint, c.POINTER(c.c_uint), c.c_void_p,
        ]  # fmt: skip
        self._sink: Sink | None = None
        self._callback = _CALLBACK(self._play)  # kept: C holds the pointer
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, speech: Speech, sink: Sink) -> None:
        voice = b"ru" if speech.speaker in _RUSSIAN_SPEAKERS else b"uk"
        if self._lib.espeak_SetVoiceByName(voice):
            raise EngineFailed(f"espeak-ng has no voice {voice.decode()}")
        self._lib.espeak_SetParameter(_RATE_PARAMETER, round(_WORDS_A_MINUTE * speech.rate), 0)
        text = speech.text.encode() + b"\0"
        self._sink = sink
        try:
            if self._lib.espeak_Synth(text, len(text), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None):
                raise EngineFailed("espeak-ng would not speak")
        finally:
            self._sink = None

    def _play(self, samples: c._Pointer[c.c_short], count: int, _events: int) -> int:
        """espeak's callback; returns 1 to stop."""
        if self._sink is None:
            return 1
        if not samples or count <= 0:
            return 0
        return int(not self._sink(c.string_at(samples, 2 * count), self._rate_hz))
