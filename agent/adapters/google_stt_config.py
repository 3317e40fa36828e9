"""How recognition streams are opened (languages, format, the words a tyre shop hears most) and how long each thing may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from google.cloud import speech_v2 as speech

from audiosocket.audio import AudioFormat

Message = speech.StreamingRecognizeRequest

TYRE_WORDS: Final = (
    "зимові шини", "літні шини", "всесезонні шини", "шиномонтаж", "радіус", "комплект", "Тойота Камрі", "зимняя резина",
    "Мішлен", "Нокіан", "Континенталь", "Бріджстоун", "Ханкук", "Гудієр", "Піреллі", "Йокогама", "Премьорі", "Росава",
    "Michelin", "Nokian", "Continental", "Bridgestone", "Hankook", "Goodyear", "Pirelli", "Premiorri",
    "R14", "R15", "R16", "R17", "R18", "R19", "оператор", "доставка", "Нова Пошта",
)  # fmt: skip
BOOST: Final = 10.0
"""How much likelier the words are made, 0 to 20."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Seconds. Google ends a stream at 300."""

    rotate_after_s: float = 240.0  # from then on in the first silence
    rotate_at_latest_s: float = 285.0
    connect_timeout_s: float = 3.0
    write_timeout_s: float = 3.0
    deaf_after_s: float = 6.0  # speech-loud audio without any answer for so long: one other stream is tried
    forgiven_after_s: float = 30.0  # a stream that lived so long, or gave a final, wins the right to be reopened again


def first_message(recognizer: str, model: str, languages: Sequence[str], audio: AudioFormat) -> Message:
    """*recognizer* is its resource name; "_" in it stands for one made of this configuration."""
    words = speech.PhraseSet(phrases=[speech.PhraseSet.Phrase(value=word, boost=BOOST) for word in TYRE_WORDS])
    config = speech.RecognitionConfig(
        explicit_decoding_config=speech.ExplicitDecodingConfig(
            encoding=speech.ExplicitDecodingConfig.AudioEncoding.LINEAR16,
            sample_rate_hertz=audio.rate_hz,
            audio_channel_count=1,
        ),
        model=model,
        language_codes=list(languages),
        features=speech.RecognitionFeatures(enable_automatic_punctuation=True),
        adaptation=speech.SpeechAdaptation(phrase_sets=[speech.SpeechAdaptation.AdaptationPhraseSet(inline_phrase_set=words)]),
    )
    features = speech.StreamingRecognitionFeatures(interim_results=True)
    return Message(
        recognizer=recognizer,
        streaming_config=speech.StreamingRecognitionConfig(config=config, streaming_features=features),
    )
