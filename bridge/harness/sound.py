"""Telephone sound: mu-law, levels, filters, noise and WAV files as bytes.

Pure. Everything here is mono, 8 kHz, unless a name says otherwise. "mu-law" means bytes, one
per sample, as Twilio and OpenAI carry it (G.711, silence is 0xFF); "pcm" means numpy arrays of
16-bit linear samples, as float64 where sums would overflow. Levels are dBFS: 0 dB is a
root-mean-square of 32768. The harness has its own tables on purpose: the server passes mu-law
through undecoded, so nothing is shared that could hide an error. Read next: hearing.py, speech.py.
"""

import math
import struct

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Samples = NDArray[np.float64]  # in units of 16-bit steps, not clipped

RATE = 8000  # samples per second
BYTES_PER_MS = RATE // 1000
SILENCE = b"\xff"  # one sample of mu-law zero
QUIET_DBFS = -120.0  # what digital silence is called, so that levels stay finite

_WAV_MULAW = 7  # WAVE_FORMAT_MULAW
_BIAS = 0x84 >> 2  # G.711 bias in 14-bit steps
_CLIP = 8159  # largest 14-bit magnitude that G.711 can carry
_SEGMENT_ENDS = np.array([0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF])


class WavError(ValueError):
    """The bytes are not a WAV file of the shape asked for."""


def _decode_table() -> Pcm:
    code = ~np.arange(256) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


def _encode_table() -> NDArray[np.uint8]:
    """Code for each 16-bit sample, indexed by the sample as uint16.

    Works on 14 bits as the ITU reference does; plain 16-bit encoders differ in 0.6 % of inputs.
    """
    value = np.arange(65536).astype(np.uint16).astype(np.int16).astype(np.int32) >> 2
    mask = np.where(value < 0, 0x7F, 0xFF)
    magnitude = np.minimum(np.abs(value), _CLIP) + _BIAS
    segment = np.searchsorted(_SEGMENT_ENDS, magnitude)
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    code = np.where(segment >= 8, 0x7F, code)
    return (code ^ mask).astype(np.uint8)


_LINEAR = _decode_table()
_MULAW = _encode_table()


def from_mulaw(mulaw: bytes | bytearray | memoryview) -> Pcm:
    """16-bit samples of `mulaw`, one per byte."""
    return _LINEAR[np.frombuffer(mulaw, dtype=np.uint8)]


def to_mulaw(pcm: Pcm | Samples) -> bytes:
    """Mu-law of samples; values beyond 16 bits are clipped, fractions rounded."""
    if pcm.dtype != np.int16:
        pcm = np.clip(np.rint(pcm), -32768, 32767).astype(np.int16)
    return _MULAW[pcm.view(np.uint16)].tobytes()


def silence(ms: float) -> bytes:
    """Mu-law digital silence."""
    return SILENCE * round(ms * BYTES_PER_MS)


def length_ms(mulaw: bytes | bytearray) -> float:
    """How long `mulaw` plays."""
    return len(mulaw) / BYTES_PER_MS


# Levels


def dbfs(pcm: Pcm | Samples) -> float:
    """Root-mean-square level; QUIET_DBFS for silence and for no samples at all."""
    if not len(pcm):
        return QUIET_DBFS
    mean_square = float(np.mean(np.square(pcm.astype(np.float64))))
    return level_of_power(mean_square)


def level_of_power(mean_square: float) -> float:
    """dBFS of a mean of squared 16-bit samples, never below QUIET_DBFS."""
    if mean_square <= 0:
        return QUIET_DBFS
    return max(QUIET_DBFS, 10 * math.log10(mean_square / 32768**2))


def frame_levels(pcm: Pcm | Samples, frame_ms: int = 10) -> Samples:
    """Level of each whole frame of `frame_ms`, in dBFS."""
    size = frame_ms * BYTES_PER_MS
    frames = pcm[: len(pcm) // size * size].astype(np.float64).reshape(-1, size)
    power = np.mean(np.square(frames), axis=1) / 32768**2
    levels: Samples = 10 * np.log10(np.maximum(power, 10 ** (QUIET_DBFS / 10)))
    return levels


def speech_dbfs(pcm: Pcm | Samples, below_peak_db: float = 25) -> float:
    """Level of the frames that carry speech: those within `below_peak_db` of the loudest one."""
    levels = frame_levels(pcm)
    if not len(levels):
        return dbfs(pcm)
    loud = levels[levels >= levels.max() - below_peak_db]
    return level_of_power(float(np.mean(10 ** (loud / 10))) * 32768**2)


def gain(pcm: Pcm | Samples, db: float) -> Samples:
    """`pcm` made louder by `db` (softer when negative), not clipped."""
    louder: Samples = pcm.astype(np.float64) * 10 ** (db / 20)
    return louder


# Filters, noise, mixing


def _low_pass(cutoff_hz: float, rate: int, taps: int) -> Samples:
    """Windowed-sinc low-pass; linear phase, delay of (taps - 1) / 2 samples."""
    at = np.arange(taps) - (taps - 1) / 2
    kernel = np.sinc(2 * cutoff_hz / rate * at) * np.hamming(taps)
    unit_gain: Samples = kernel / kernel.sum()
    return unit_gain


_TELEPHONE_BAND = _low_pass(3400, RATE, 401) - _low_pass(300, RATE, 401)
_BEFORE_HALVING = _low_pass(3700, 2 * RATE, 127)


def band_limit(pcm: Pcm | Samples) -> Samples:
    """`pcm` as a telephone line carries it: 300-3400 Hz, same length, no delay."""
    return _convolve(pcm, _TELEPHONE_BAND)


def halve_rate(pcm_16k: Pcm | Samples) -> Samples:
    """16 kHz samples as 8 kHz samples."""
    return _convolve(pcm_16k, _BEFORE_HALVING)[::2]


def _convolve(pcm: Pcm | Samples, kernel: Samples) -> Samples:
    """Convolution without its delay; the ends are taken as silence. Odd kernels only."""
    if not len(pcm):
        return np.zeros(0)
    half = len(kernel) // 2
    filtered: Samples = np.convolve(pcm.astype(np.float64), kernel)[half : half + len(pcm)]
    return filtered


class Upsampler:
    """8 kHz to 16 kHz, chunk by chunk with no seam; delays by 1 ms.

    Every second output sample is an input sample, the ones between are interpolated by a
    16-tap windowed sinc, which keeps mirror images above 4 kHz away from the voice detector.
    """

    _TAPS = 16

    def __init__(self) -> None:
        at = np.arange(self._TAPS) - self._TAPS / 2 + 0.5
        kernel = np.sinc(at) * np.hamming(self._TAPS)
        self._kernel = kernel / kernel.sum()
        self._tail: Samples = np.zeros(self._TAPS - 1)

    def feed(self, pcm: Pcm | Samples) -> Samples:
        """Twice as many samples as given."""
        if not len(pcm):
            return np.zeros(0)
        recent: Samples = np.concatenate((self._tail, pcm.astype(np.float64)))
        doubled = np.empty(2 * len(pcm))
        before = self._TAPS // 2 - 1
        doubled[0::2] = recent[before : before + len(pcm)]
        doubled[1::2] = np.convolve(recent, self._kernel, "valid")
        self._tail = recent[len(pcm) :]
        return doubled


def noise(samples: int, level_dbfs: float, seed: int) -> Samples:
    """White noise through the telephone band; the same for the same seed on any machine.

    numpy promises that RandomState's stream never changes (NEP 19), which its newer
    generators do not; committed clips depend on it.
    """
    white: Samples = np.random.RandomState(seed).standard_normal(samples)
    shaped = band_limit(white * 1000)
    return gain(shaped, level_dbfs - dbfs(shaped))


def mix(*parts: Pcm | Samples) -> Samples:
    """The parts together, as long as the longest of them."""
    total = np.zeros(max((len(part) for part in parts), default=0))
    for part in parts:
        total[: len(part)] += part
    return total


# WAV files. Python's `wave` module knows PCM only, so the RIFF is read and written here.


def wav_of(mulaw: bytes | bytearray) -> bytes:
    """A mono mu-law WAV file."""
    return _riff(bytes(mulaw), channels=1)


def stereo_wav_of(left: bytes | bytearray, right: bytes | bytearray) -> bytes:
    """A two-channel mu-law WAV file; the shorter side is filled up with silence."""
    length = max(len(left), len(right))
    both = np.full((length, 2), SILENCE[0], dtype=np.uint8)
    both[: len(left), 0] = np.frombuffer(left, dtype=np.uint8)
    both[: len(right), 1] = np.frombuffer(right, dtype=np.uint8)
    return _riff(both.tobytes(), channels=2)


def _riff(data: bytes, channels: int) -> bytes:
    # Any format other than PCM carries an (empty) extension and a `fact` chunk.
    form = struct.pack("<HHIIHHH", _WAV_MULAW, channels, RATE, RATE * channels, channels, 8, 0)
    fact = struct.pack("<I", len(data) // channels)
    chunks = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in ((b"fmt ", form), (b"fact", fact), (b"data", data))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def mulaw_of_wav(wav: bytes) -> bytes:
    """The samples of a mono 8 kHz mu-law WAV file. Raises WavError for any other file."""
    tag, channels, rate, bits, data = _wav_parts(wav)
    if (tag, channels, rate, bits) != (_WAV_MULAW, 1, RATE, 8):
        raise WavError(
            f"not mono 8 kHz mu-law: format tag {tag}, {channels} channel(s), {rate} Hz, {bits} bits"
        )
    return data


def pcm_of_wav(wav: bytes) -> tuple[Pcm, int]:
    """The samples and the rate of a mono 16-bit PCM WAV file. Raises WavError for any other file."""
    tag, channels, rate, bits, data = _wav_parts(wav)
    if (tag, channels, bits) != (1, 1, 16):
        raise WavError(f"not mono 16-bit PCM: format tag {tag}, {channels} channel(s), {bits} bits")
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16), rate


def _wav_parts(wav: bytes) -> tuple[int, int, int, int, bytes]:
    """Format tag, channels, rate, bits per sample, data."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise WavError("not a RIFF/WAVE file")
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        body = wav[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            form = (tag, channels, rate, bits)
        elif name == b"data":
            if form is None:
                raise WavError("the data chunk comes before the fmt chunk")
            return *form, body
        at += 8 + size + size % 2
    raise WavError("no data chunk")
