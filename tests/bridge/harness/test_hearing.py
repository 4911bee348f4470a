"""The ear and the recogniser, on the committed clips, on outside recordings and on noise."""

import functools
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.harness import sound
from bridge.harness.hearing import ACCEPT, Began, Ear, Ended, Match, Recogniser
from bridge.harness.speech import AGENT_VOICE, PhraseBank, read_index

ROOT = Path(__file__).parents[3]
OUTSIDE = ROOT.parent / "shared" / "data"  # real sounds, not part of this repository

needs_outside_data = pytest.mark.skipif(not OUTSIDE.exists(), reason=f"no outside recordings in {OUTSIDE}")


def recording_clips() -> dict[str, dict[str, bytes]]:
    """Mu-law by clip name, by recording."""
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted(ROOT.glob("recordings/*/clips/*.wav")):
        found.setdefault(path.parts[-3], {})[path.stem] = sound.mulaw_of_wav(path.read_bytes())
    return found


RECORDINGS = recording_clips()
EVERY_CLIP = [(recording, clip) for recording, clips in RECORDINGS.items() for clip in clips]
CLIP = RECORDINGS["book-a-cleaning"]["book_cleaning"]
LEAD_MS, TAIL_MS = 300, 500  # silence around what was said: OpenAI's prefix padding, its silence window


def outside_voices() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((OUTSIDE / "clips").glob("*.ulaw"))}


def outside_noises() -> dict[str, sound.Samples]:
    """Noises as a telephone carries them."""
    noises = {}
    for path in sorted((OUTSIDE / "noise").glob("*.wav")):
        pcm, rate = sound.pcm_of_wav(path.read_bytes())
        assert rate == 16000
        noises[path.stem] = sound.band_limit(sound.halve_rate(pcm))
    return noises


def on_a_line(mulaw: bytes, noise_db: float | None = None, cut_ms: int = 0, seed: int = 1) -> bytes:
    """`mulaw` with silence around, its first `cut_ms` lost, noise `noise_db` below the speech."""
    said = sound.from_mulaw(mulaw[cut_ms * sound.BYTES_PER_MS :])
    lead, tail = (np.zeros(ms * sound.BYTES_PER_MS) for ms in (LEAD_MS, TAIL_MS))
    line: sound.Samples = np.concatenate((lead, said.astype(np.float64), tail))
    if noise_db is not None:
        line = sound.mix(line, sound.noise(len(line), sound.speech_dbfs(said) - noise_db, seed))
    return sound.to_mulaw(line)


def turns_in(mulaw: bytes, ear: Ear | None = None) -> list[Ended]:
    """All turns in `mulaw`; silence is added so that the last one ends."""
    ear = ear or Ear()
    events = ear.feed(mulaw + sound.silence(ear.silence_ms + 100))
    began = [event.at_ms for event in events if isinstance(event, Began)]
    ended = [event for event in events if isinstance(event, Ended)]
    assert began == [turn.start_ms for turn in ended]
    return ended


# --- the ear --------------------------------------------------------------------------------


@functools.cache
def turns_after_silence(recording: str, clip: str) -> list[Ended]:
    """The turns in 400 ms of silence and a clip."""
    return turns_in(sound.silence(400) + RECORDINGS[recording][clip])


@pytest.mark.parametrize(("recording", "clip"), EVERY_CLIP)
def test_each_clip_is_one_turn(recording: str, clip: str) -> None:
    """A line is heard as one turn that begins within 400 ms of the voice and ends within 100 ms."""
    turns = turns_after_silence(recording, clip)
    assert len(turns) == 1
    assert -50 < turns[0].start_ms - 400 <= 400
    assert abs(turns[0].end_ms - 400 - sound.length_ms(RECORDINGS[recording][clip])) < 100


def test_events_come_as_soon_as_they_are_certain() -> None:
    """Began comes within 250 ms of the first sound, Ended when silence_ms have passed, frame by frame."""
    audio = sound.silence(1000) + CLIP + sound.silence(1000)
    ear = Ear(silence_ms=500)
    at: list[tuple[int, Began | Ended]] = []
    for frame in range(len(audio) // 160):
        at += [(20 * (frame + 1), event) for event in ear.feed(audio[160 * frame : 160 * (frame + 1)])]
    (began_at, began), (ended_at, ended) = at
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert 1000 < began_at < 1250
    assert began.at_ms < began_at <= began.at_ms + 160
    assert ended.start_ms == began.at_ms
    assert ended.end_ms + 500 <= ended_at <= ended.end_ms + 560


@pytest.mark.parametrize("size", [1, 160, 331])
def test_the_size_of_a_piece_does_not_matter(size: int) -> None:
    """The same audio in pieces of any size gives the same events."""
    audio = RECORDINGS["book-a-cleaning"]["yes_book_it"] + sound.silence(600)
    ear = Ear()
    events = [event for at in range(0, len(audio), size) for event in ear.feed(audio[at : at + size])]
    assert events == Ear().feed(audio)
    assert ear.in_turn is False


def test_silence_ms_decides_whether_a_pause_ends_a_turn() -> None:
    """A pause of 700 ms splits with 500 and joins with 1000, also when set while listening."""
    audio = CLIP + sound.silence(700) + CLIP
    assert len(turns_in(audio, Ear(silence_ms=500))) == 2
    assert len(turns_in(audio, Ear(silence_ms=1000))) == 1
    ear = Ear(silence_ms=500)
    ear.feed(CLIP)
    ear.silence_ms = 1000
    assert len(ear.feed(audio[len(CLIP) :] + sound.silence(1100))) == 1


def test_the_threshold_can_be_raised_while_listening() -> None:
    """Above what the detector can say, nothing begins any more."""
    ear = Ear(threshold=0.5)
    assert len(turns_in(CLIP, ear)) == 1
    ear.threshold = 1.01
    assert ear.feed(CLIP + sound.silence(600)) == []


def line_noises() -> Iterator[tuple[str, bytes]]:
    """Sounds of a line that are no voice, by name."""
    hiss = random.Random(1).randbytes(sound.RATE)
    yield "one step of zero", hiss.translate(bytes((0xFF, 0x7F, 0xFE, 0x7E)[code & 3] for code in range(256)))
    yield "three steps", hiss.translate(bytes((0xFC, 0x7C, 0xFF, 0x7F)[code & 3] for code in range(256)))
    for level in (-60, -50, -40, -30, -20):
        yield f"noise of {level} dBFS", sound.to_mulaw(sound.noise(sound.RATE, level, seed=3))
    for width_ms in (0.125, 1, 5, 20):
        clicks = np.zeros(sound.RATE)
        for at in range(0, len(clicks), sound.RATE // 2):
            clicks[at : at + round(width_ms * 8)] = 20000
        yield f"clicks of {width_ms} ms", sound.to_mulaw(clicks)


LINE_NOISES = dict(line_noises())


@pytest.mark.parametrize("name", LINE_NOISES)
def test_what_is_no_voice_never_begins_a_turn(name: str) -> None:
    """Line noise of any level and clicks are not taken for speech, whether sudden or from the start."""
    for lead_ms in (0, 1500):
        assert turns_in(sound.silence(lead_ms) + LINE_NOISES[name]) == [], lead_ms


@pytest.mark.parametrize("noise_db", [20, 10])
def test_noise_on_the_line_neither_hides_nor_splits_a_turn(noise_db: float) -> None:
    """With noise 20 or 10 dB below the voice each line is still one turn."""
    for recording in ("interrupts-the-offer", "slot-just-taken"):  # one voice each
        clips = RECORDINGS[recording].values()
        audio = b"".join(on_a_line(mulaw + sound.silence(500), noise_db) for mulaw in clips)
        assert len(turns_in(audio)) == len(clips)


@pytest.mark.parametrize("lead_ms", [1000, 5000])
def test_a_silent_line_and_a_hissing_one_give_the_same_turns(lead_ms: int) -> None:
    """Silence, most of which is skipped, and faint noise, which is listened to, change no turn."""
    clips = list(RECORDINGS["book-a-cleaning"].values())[:2]
    silent = b"".join(sound.silence(lead_ms) + mulaw for mulaw in clips)
    hissing = sound.to_mulaw(sound.mix(sound.from_mulaw(silent), sound.noise(len(silent), -60, seed=5)))
    skipped, listened = turns_in(silent), turns_in(hissing)
    assert len(skipped) == len(listened) == len(clips)
    for one, other in zip(skipped, listened, strict=True):
        assert abs(one.start_ms - other.start_ms) <= 256
        assert abs(one.end_ms - other.end_ms) <= 64


def test_an_onset_does_not_depend_on_the_silence_before() -> None:
    """After 4, 40 or 400 seconds of silence the same voice begins at the same place."""
    starts = [turns_in(sound.silence(lead) + CLIP)[0].start_ms - lead for lead in (4000, 40_000, 400_000)]
    assert starts == [starts[0]] * 3


@needs_outside_data
def test_real_voices_begin_a_turn() -> None:
    """Each outside recording of a caller is one turn."""
    for name, mulaw in outside_voices().items():
        assert len(turns_in(sound.silence(500) + mulaw)) == 1, name


@needs_outside_data
@pytest.mark.parametrize("level_dbfs", [-60, -30])
def test_real_noises_do_not_begin_a_turn(level_dbfs: float) -> None:
    """A horn, a dog and a ringing telephone are not taken for speech, very faint or audible."""
    for name, noise in outside_noises().items():
        mulaw = sound.to_mulaw(sound.gain(noise, level_dbfs - sound.speech_dbfs(noise)))
        for lead_ms in (0, 1000):
            assert turns_in(sound.silence(lead_ms) + mulaw) == [], (name, lead_ms)


# --- the recogniser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def all_clips() -> Recogniser:
    """Knows the clips of all recordings at once, which is harder than one recording's."""
    return Recogniser({f"{recording}/{clip}": RECORDINGS[recording][clip] for recording, clip in EVERY_CLIP})


@pytest.mark.parametrize(
    ("noise_db", "cut_ms"),
    [(None, 0), (20, 0), (10, 0), (None, 100), (20, 100), (10, 110)],
)
def test_every_clip_is_recognised(noise_db: float | None, cut_ms: int) -> None:
    """Each clip among those of its recording, with noise and with its first 100 ms missing."""
    for clips in RECORDINGS.values():
        recogniser = Recogniser(clips)
        for clip, mulaw in clips.items():
            match = recogniser.recognise(on_a_line(mulaw, noise_db, cut_ms))
            assert match.clip == clip
            assert match.score > ACCEPT + 0.03


def test_clips_of_all_recordings_are_told_apart(all_clips: Recogniser) -> None:
    """No clip is confused with one of another recording."""
    for recording, clip in EVERY_CLIP:
        heard = on_a_line(RECORDINGS[recording][clip], noise_db=20)
        assert all_clips.recognise(heard).clip == f"{recording}/{clip}"


def test_no_clip_is_like_another() -> None:
    """Without the clip itself, what was said is not recognised as any other clip."""
    for recording, clip in EVERY_CLIP:
        others = {f"{r}/{c}": RECORDINGS[r][c] for r, c in EVERY_CLIP if (r, c) != (recording, clip)}
        match = Recogniser(others).recognise(on_a_line(RECORDINGS[recording][clip], noise_db=30))
        assert match.clip is None, (recording, clip)


def test_what_the_ear_cuts_out_is_recognised(all_clips: Recogniser) -> None:
    """A turn as the ear gives it, with 300 ms before it as OpenAI adds, is recognised."""
    for recording, clip in EVERY_CLIP:
        line = sound.silence(400) + RECORDINGS[recording][clip]
        (turn,) = turns_after_silence(recording, clip)
        heard = line[
            round(turn.start_ms - 300) * sound.BYTES_PER_MS : round(turn.end_ms) * sound.BYTES_PER_MS
        ]
        assert all_clips.recognise(heard).clip == f"{recording}/{clip}"


def test_the_agent_is_not_taken_for_the_caller(all_clips: Recogniser) -> None:
    """No phrase of the agent's voice is accepted as a caller's line."""
    for phrase in read_index(AGENT_VOICE)[::5]:
        mulaw = sound.mulaw_of_wav((AGENT_VOICE / phrase.file).read_bytes())
        assert all_clips.recognise(on_a_line(mulaw)).clip is None, phrase.text


def test_frames_in_the_wrong_order_are_not_recognised() -> None:
    """A line whose frames of 20 ms were shuffled is not understood."""
    frames = [CLIP[at : at + 160] for at in range(0, len(CLIP), 160)]
    random.Random(1).shuffle(frames)
    assert Recogniser({"book": CLIP}).recognise(on_a_line(b"".join(frames))).clip is None


def test_a_line_inside_a_longer_one_is_not_recognised() -> None:
    """A line followed by another one is not taken for the line alone."""
    clips = RECORDINGS["book-a-cleaning"]
    both = clips["yes_book_it"] + clips["that_is_all"]
    assert Recogniser(clips).recognise(on_a_line(both)).clip is None


@pytest.mark.parametrize(
    "mulaw", [b"", b"\xff", sound.silence(1000), sound.to_mulaw(sound.noise(8000, -30, seed=5))]
)
def test_no_speech_is_no_line(all_clips: Recogniser, mulaw: bytes) -> None:
    """Nothing, silence and noise match no clip."""
    assert all_clips.recognise(mulaw).clip is None


def test_without_clips_nothing_is_recognised() -> None:
    """A recording without spoken lines understands nothing."""
    assert Recogniser({}).recognise(CLIP) == Match(None, -1.0)


def test_a_silent_clip_is_refused() -> None:
    """A clip without sound would match anything, so it is an error."""
    with pytest.raises(ValueError, match="'hm' is silent"):
        Recogniser({"hm": sound.silence(500)})


@needs_outside_data
def test_real_voices_are_not_taken_for_a_line(all_clips: Recogniser) -> None:
    """Outside recordings of callers are rejected."""
    for name, mulaw in outside_voices().items():
        assert all_clips.recognise(on_a_line(mulaw)).clip is None, name


def test_the_agent_speaks_audibly() -> None:
    """A joined sentence is heard as one turn, so its pauses do not look like its end."""
    sentence = "I have Thursday, November twenty-sixth at two PM, or at two thirty PM."
    assert len(turns_in(PhraseBank.load().speak(sentence))) == 1
