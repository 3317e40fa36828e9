"""A person at the page /call: a Chromium whose microphone plays a wav, and what can be measured of the call."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from audiosocket.audio import SLIN16
from ops.devstack.chromium_program import ChromiumProgram
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import eventually
from tests.browser.chromium import open_chromium, watched

CONNECTED_MS = 15_000.0
KEEP_CONNECTIONS = """
  window.connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...all) { super(...all); window.connections.push(this); }
  };
"""
# The marks of the phrasebook are tones: what a browser does to a voice would make them unreadable.
RAW_MICROPHONE = """
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = () =>
    ask({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
"""
MEASURE = """async () => {
  const reports = [...(await window.connections.at(-1).getStats()).values()];
  const of = (type) => reports.find((report) => report.type === type) ?? {};
  const codec = reports.find((report) => report.id === of("inbound-rtp").codecId) ?? {};
  return {
    heard: of("inbound-rtp").totalAudioEnergy ?? 0, received: of("inbound-rtp").packetsReceived ?? 0,
    said: of("media-source").totalAudioEnergy ?? 0, sent: of("outbound-rtp").packetsSent ?? 0, codec: codec.mimeType ?? "",
  };
}"""


@dataclass(frozen=True, slots=True)
class Audio:
    """Energies as WebRTC counts them: the square of the level (1 is the loudest) times seconds."""

    heard: float
    received: int  # packets
    said: float
    sent: int
    codec: str


class BrowserCall:
    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self.opened_at = datetime.now(UTC)

    async def open(self) -> None:
        await self.page.goto(self._url)

    async def press_call(self) -> None:
        await self.page.get_by_role("button", name="Подзвонити").click()

    async def call(self) -> None:
        """Press the button and wait until it is answered."""
        await self.press_call()
        await expect(self.page.get_by_role("status")).to_contain_text("На зв’язку", timeout=CONNECTED_MS)

    async def audio(self) -> Audio:
        measured: dict[str, Any] = await self.page.evaluate(MEASURE)
        return Audio(**measured)

    async def heard(self, energy: float, within_s: float = 15.0) -> Audio:
        """Wait until the page has played that much of the agent's voice."""

        async def played() -> Audio | None:
            audio = await self.audio()
            return audio if audio.heard >= energy else None

        return await eventually(played, f"more of the agent's voice than {energy:g}", within_s)


@asynccontextmanager
async def open_browser_call(program: ChromiumProgram, url: str, microphone: Path) -> AsyncIterator[BrowserCall]:
    """The page at *url* that hears *microphone*, over and over."""
    arguments = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
        "--allow-loopback-in-peer-connection",
    ]
    async with open_chromium(program, arguments) as browser:
        context = await browser.new_context(locale="uk-UA", viewport={"width": 390, "height": 844})
        await context.add_init_script(KEEP_CONNECTIONS + RAW_MICROPHONE)
        page = await context.new_page()
        with watched(page):
            call = BrowserCall(page, url)
            await call.open()
            yield call


def record_wav(path: Path, key: str, *, before_s: float, after_s: float) -> Path:
    """A phrase of the phrasebook between silences, as Chromium's microphone plays it."""
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SLIN16.rate_hz)
        for part in (before_s, phrase(key).pcm(SLIN16), after_s):
            wav.writeframes(part if isinstance(part, bytes) else bytes(2 * round(part * SLIN16.rate_hz)))
    return path
