"""Voices for the stand-in speech synthesis and for rendering the bundled audio.

RHVoice speaks Ukrainian and Russian well and is used where it is found (``RHVOICE_ROOT`` or the system's library);
espeak-ng from the wheel ``espeakng-loader`` is there always. Both are C libraries driven by ctypes and neither may be
entered twice: ``worker.Synthesizer`` owns one engine in one thread.
"""

from ops.standins.voices.engine import Engine, EngineFailed, Speech, open_engine

__all__ = ["Engine", "EngineFailed", "Speech", "open_engine"]
