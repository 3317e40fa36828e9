"""RHVoice through its C interface (RHVoice.h of version 1.8), which hands out audio while it synthesises.

Found under ``RHVOICE_ROOT`` (a folder into which Debian's librhvoice5, librhvoice-core7, libsonic0, rhvoice-ukrainian
and, for Russian, rhvoice-russian were unpacked) or as the system's library. First audio after 4-7 ms, 24 kHz.
"""

from __future__ import annotations

import ctypes as c
import os
import tempfile
from pathlib import Path

from ops.standins.voices.engine import EngineFailed, Sink, Speech

_SET_RATE = c.CFUNCTYPE(c.c_int, c.c_int, c.c_void_p)
_PLAY = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_uint, c.c_void_p)
_NAME = c.CFUNCTYPE(c.c_int, c.c_char_p, c.c_void_p)
_POSITION = c.CFUNCTYPE(c.c_int, c.c_uint, c.c_uint, c.c_void_p)
_DONE = c.CFUNCTYPE(None, c.c_void_p)


class _Callbacks(c.Structure):
    _fields_ = (
        ("set_sample_rate", _SET_RATE),
        ("play_speech", _PLAY),
        ("process_mark", _NAME),
        ("word_starts", _POSITION),
        ("word_ends", _POSITION),
        ("sentence_starts", _POSITION),
        ("sentence_ends", _POSITION),
        ("play_audio", _NAME),
        ("done", _DONE),
    )


class _Init(c.Structure):
    _fields_ = (
        ("data_path", c.c_char_p),
        ("config_path", c.c_char_p),
        ("resource_paths", c.POINTER(c.c_char_p)),
        ("callbacks", _Callbacks),
        ("options", c.c_uint),
    )


class _Synthesis(c.Structure):
    _fields_ = (
        ("voice_profile", c.c_char_p),
        ("absolute_rate", c.c_double),
        ("absolute_pitch", c.c_double),
        ("absolute_volume", c.c_double),
        ("relative_rate", c.c_double),
        ("relative_pitch", c.c_double),
        ("relative_volume", c.c_double),
        ("punctuation_mode", c.c_int),
        ("punctuation_list", c.c_char_p),
        ("capitals_mode", c.c_int),
        ("flags", c.c_int),
    )


def _library() -> tuple[c.CDLL, Path]:
    """The library and its data folder; raises ``EngineFailed`` where it is not installed."""
    root = Path(os.environ.get("RHVOICE_ROOT", "/"))
    data = root / "usr/share/RHVoice"
    for folder in sorted(root.glob("usr/lib/*-linux-gnu")):
        found = [next(iter(sorted(folder.glob(name))), None) for name in ("libsonic.so.0", "libRHVoice_core.so.*", "libRHVoice.so.5")]
        if found[-1] is None or not data.is_dir():
            continue
        try:
            for needed in filter(None, found[:-1]):
                c.CDLL(str(needed), mode=c.RTLD_GLOBAL)
            return c.CDLL(str(found[-1])), data
        except OSError as error:
            raise EngineFailed(f"RHVoice cannot be loaded: {error}") from error
    raise EngineFailed("RHVoice is not on this machine")


class RHVoice:
    """One engine; use it from one thread at a time."""

    name = "rhvoice"

    def __init__(self) -> None:
        self._lib, data = _library()
        self._lib.RHVoice_new_tts_engine.restype = c.c_void_p
        self._lib.RHVoice_new_tts_engine.argtypes = [c.POINTER(_Init)]
        self._lib.RHVoice_new_message.restype = c.c_void_p
        self._lib.RHVoice_new_message.argtypes = [c.c_void_p, c.c_char_p, c.c_uint, c.c_int, c.POINTER(_Synthesis), c.c_void_p]
        self._lib.RHVoice_speak.argtypes = [c.c_void_p]
        self._lib.RHVoice_delete_message.argtypes = [c.c_void_p]
        self._sink: Sink | None = None
        self._rate_hz = 24_000
        self._callbacks = _Callbacks(_SET_RATE(self._set_rate), _PLAY(self._play))  # kept: C holds pointers into it
        with tempfile.TemporaryDirectory() as config:
            (Path(config) / "RHVoice.conf").write_text("quality=standard\n", encoding="utf-8")
            init = _Init(str(data).encode(), config.encode(), None, self._callbacks, 0)
            self._engine = self._lib.RHVoice_new_tts_engine(c.byref(init))
        if not self._engine:
            raise EngineFailed(f"RHVoice found no voices in {data}")

    def speak(self, speech: Speech, sink: Sink) -> None:
        text = speech.text.encode()
        how = _Synthesis(speech.speaker.encode(), 0, 0, 0, speech.rate, 1, 1, 0, None, 0, 0)
        message = self._lib.RHVoice_new_message(self._engine, text, len(text), 0, c.byref(how), None)
        if not message:
            raise EngineFailed(f"RHVoice has no voice {speech.speaker}")
        self._sink = sink
        try:
            self._lib.RHVoice_speak(message)
        finally:
            self._sink = None
            self._lib.RHVoice_delete_message(message)

    def _set_rate(self, rate_hz: int, _user: int) -> int:
        self._rate_hz = rate_hz
        return 1

    def _play(self, samples: c._Pointer[c.c_short], count: int, _user: int) -> int:
        return int(self._sink is not None and self._sink(c.string_at(samples, 2 * count), self._rate_hz))
