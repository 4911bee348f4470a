"""mu-law, levels, filters, noise and WAV files."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.harness import sound

with warnings.catch_warnings():  # deprecated in Python's library; audioop-lts from 3.13 on
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

EVERY_CODE = bytes(range(256))
EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)


def tone(hz: float, ms: int = 500, amplitude: float = 8000, rate: int = sound.RATE) -> sound.Samples:
    wave: sound.Samples = amplitude * np.sin(2 * np.pi * hz * np.arange(ms * rate // 1000) / rate)
    return wave


def test_decoding_equals_audioop() -> None:
    """Each of the 256 codes decodes to the sample that audioop gives."""
    expected = np.frombuffer(audioop.ulaw2lin(EVERY_CODE, 2), dtype=np.int16)
    assert np.array_equal(sound.from_mulaw(EVERY_CODE), expected)


def test_encoding_equals_audioop() -> None:
    """Each of the 65536 samples encodes to the code that audioop gives."""
    assert sound.to_mulaw(EVERY_SAMPLE) == audioop.lin2ulaw(EVERY_SAMPLE.tobytes(), 2)


def test_codes_survive_the_round_trip() -> None:
    """Decoding and encoding changes no code but the second zero."""
    there_and_back = sound.to_mulaw(sound.from_mulaw(EVERY_CODE))
    assert there_and_back == EVERY_CODE.replace(b"\x7f", b"\xff")


def test_loud_samples_are_clipped() -> None:
    """Values beyond 16 bits become the loudest codes instead of wrapping around."""
    assert sound.to_mulaw(np.array([1e6, -1e6])) == sound.to_mulaw(np.array([32767, -32768]))


def test_lengths() -> None:
    """One byte is an eighth of a millisecond."""
    assert sound.length_ms(sound.silence(20)) == 20
    assert sound.silence(20) == b"\xff" * 160


def test_levels() -> None:
    """A full-scale sine is -3 dBFS, half the amplitude 6 dB less, silence has a finite level."""
    assert sound.dbfs(tone(1000, amplitude=32768)) == pytest.approx(-3.01, abs=0.01)
    assert sound.dbfs(tone(1000, amplitude=16384)) == pytest.approx(-9.03, abs=0.01)
    assert sound.dbfs(np.zeros(800)) == sound.QUIET_DBFS
    assert sound.dbfs(np.zeros(0)) == sound.QUIET_DBFS


def test_speech_level_leaves_out_the_pauses() -> None:
    """A tone with silence around it has the level of the tone."""
    padded = np.concatenate((np.zeros(4000), tone(1000), np.zeros(4000)))
    assert sound.speech_dbfs(padded) == pytest.approx(sound.dbfs(tone(1000)), abs=0.1)
    assert sound.dbfs(padded) < sound.speech_dbfs(padded) - 4


def test_gain() -> None:
    """Six decibels are a factor of two in amplitude."""
    assert sound.gain(np.array([100.0]), 20 * np.log10(2))[0] == pytest.approx(200)


@pytest.mark.parametrize(
    ("hz", "passes"), [(100, False), (500, True), (1000, True), (3000, True), (3700, False)]
)
def test_band_limit(hz: int, passes: bool) -> None:
    """300-3400 Hz pass unchanged, the rest is at least 30 dB softer, the length stays."""
    whole = tone(hz)
    filtered = sound.band_limit(whole)
    assert len(filtered) == len(whole)
    lost = sound.dbfs(whole[800:-800]) - sound.dbfs(filtered[800:-800])
    assert abs(lost) < 0.1 if passes else lost > 30


def test_halving_the_rate_keeps_the_sound() -> None:
    """A tone at 16 kHz becomes the same tone at 8 kHz; what 8 kHz cannot carry disappears."""
    assert np.allclose(sound.halve_rate(tone(1000, rate=16000))[100:-100], tone(1000)[100:-100], atol=20)
    assert sound.dbfs(sound.halve_rate(tone(6000, rate=16000))[100:-100]) < -50


def test_upsampling_keeps_the_sound() -> None:
    """A tone at 8 kHz becomes the same tone at 16 kHz, 1 ms later."""
    doubled = sound.Upsampler().feed(tone(1000))
    assert np.allclose(doubled[16:][100:-100], tone(1000, rate=16000)[:-16][100:-100], atol=20)


@given(st.lists(st.integers(0, 300), max_size=8))
def test_upsampling_has_no_seams(sizes: list[int]) -> None:
    """Chunks of any size give the samples that one chunk gives."""
    whole = tone(700, ms=100)
    upsampler, parts, at = sound.Upsampler(), [], 0
    for size in [*sizes, len(whole)]:
        parts.append(upsampler.feed(whole[at : at + size]))
        at += size
    assert np.allclose(np.concatenate(parts), sound.Upsampler().feed(whole))


def test_noise_is_repeatable() -> None:
    """The same seed gives the same noise at the level asked for, another seed another noise."""
    assert np.array_equal(sound.noise(8000, -40, seed=1), sound.noise(8000, -40, seed=1))
    assert not np.array_equal(sound.noise(8000, -40, seed=1), sound.noise(8000, -40, seed=2))
    assert sound.dbfs(sound.noise(8000, -40, seed=1)) == pytest.approx(-40, abs=0.01)


def test_noise_is_the_same_on_any_machine() -> None:
    """Committed clips contain this noise, so it may never change."""
    assert sound.to_mulaw(sound.noise(8000, -30, seed=7))[4000:4008].hex() == "794b3dd9dd45774d"


def test_mixing() -> None:
    """Parts are added; the longest gives the length."""
    mixed = sound.mix(np.array([1.0, 2.0]), np.array([10.0, 20.0, 30.0]))
    assert mixed.tolist() == [11, 22, 30]
    assert len(sound.mix()) == 0


def test_a_wav_file_survives_the_round_trip() -> None:
    """Odd and even lengths, and none at all, come back as written."""
    for mulaw in (EVERY_CODE, EVERY_CODE[:3], b""):
        assert sound.mulaw_of_wav(sound.wav_of(mulaw)) == mulaw


def test_the_wav_header() -> None:
    """The file says mu-law (7), one channel, 8000 Hz, 8 bits, and its own size."""
    wav = sound.wav_of(EVERY_CODE)
    assert wav[:4] + wav[8:16] == b"RIFFWAVEfmt "
    assert int.from_bytes(wav[4:8], "little") == len(wav) - 8
    assert wav[20:36] == bytes.fromhex("0700 0100 401f0000 401f0000 0100 0800")


def test_a_stereo_file_interleaves_both_sides() -> None:
    """Left and right alternate; the shorter side ends in silence."""
    wav = sound.stereo_wav_of(b"\x01\x02\x03", b"\x11")
    assert wav.endswith(b"\x01\x11\x02\xff\x03\xff")
    with pytest.raises(sound.WavError, match="2 channel"):
        sound.mulaw_of_wav(wav)


def test_a_16_bit_file_is_read() -> None:
    """PCM files give their samples and their rate."""
    data = EVERY_SAMPLE[::1000].tobytes()
    header = b"fmt " + bytes.fromhex("10000000 0100 0100 803e0000 007d0000 0200 1000")
    wav = b"RIFF\0\0\0\0WAVE" + header + b"data" + len(data).to_bytes(4, "little") + data
    pcm, rate = sound.pcm_of_wav(wav)
    assert rate == 16000
    assert np.array_equal(pcm, EVERY_SAMPLE[::1000])
    with pytest.raises(sound.WavError, match="format tag 1"):
        sound.mulaw_of_wav(wav)
    with pytest.raises(sound.WavError, match="format tag 7"):
        sound.pcm_of_wav(sound.wav_of(b""))


@pytest.mark.parametrize(
    "wav", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata\0\0\0\0", b"RIFF\0\0\0\0AVI "]
)
def test_other_bytes_are_refused(wav: bytes) -> None:
    """What is no WAV file, or half of one, is a WavError and nothing else."""
    with pytest.raises(sound.WavError):
        sound.mulaw_of_wav(wav)
