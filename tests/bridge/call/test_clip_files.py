"""Reading the ready-made lines: what is committed can be played, and every mistake says what to do."""

import base64
from pathlib import Path

import pytest

from bridge.call.audio import audio_bytes
from bridge.call.clip_files import ClipError, load_clips, mulaw_of
from bridge.call.clips import Line
from bridge.harness import sound
from tests.server import BUSINESS

COMMITTED = BUSINESS.parent.parent / "prompts" / "lines.toml"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A file of words whose sound is 100 ms of silence each."""
    path = tmp_path / "lines.toml"
    path.write_text("[lines]\n" + "".join(f'{line.value} = ["Words."]\n' for line in Line))
    (tmp_path / "lines").mkdir()
    for line in Line:
        (tmp_path / "lines" / f"{line.value}_1.wav").write_bytes(sound.wav_of(sound.silence(100)))
    return path


def test_the_committed_lines_can_be_played() -> None:
    """Each line has a sound that is loud enough to be heard; the first fillers differ."""
    clips = load_clips(COMMITTED)
    assert set(clips) == set(Line)
    assert (len(clips[Line.ONE_MOMENT]), len(clips[Line.STILL_WORKING])) == (3, 2)
    for clip in (clip for line in Line for clip in clips[line]):
        mulaw = base64.b64decode(clip.audio_b64)
        assert len(mulaw) == audio_bytes(clip.audio_b64) > 4000
        assert sound.frame_levels(sound.from_mulaw(mulaw)).max() > -30


def test_words_and_sound_belong_together(words: Path) -> None:
    """The words go into the transcript, the sound to the caller."""
    (clip,) = load_clips(words)[Line.GOODBYE]
    assert (clip.name, clip.text) == ("goodbye_1", "Words.")
    assert base64.b64decode(clip.audio_b64) == sound.silence(100)


def test_a_missing_file_says_what_to_do(words: Path) -> None:
    """Found at start, not by a caller."""
    (words.parent / "lines" / "goodbye_1.wav").unlink()
    with pytest.raises(ClipError, match=r"goodbye_1\.wav cannot be read: run `python -m recordings\.render`"):
        load_clips(words)


@pytest.mark.parametrize(
    ("wav", "what"),
    [
        (b"", "not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "not 8 kHz mono mu-law"),
        (sound.stereo_wav_of(sound.silence(20), sound.silence(20)), "not 8 kHz mono mu-law"),
        (sound.wav_of(b""), "from a moment to"),
        (sound.wav_of(sound.silence(9000)), "from a moment to"),
    ],
)
def test_a_sound_that_cannot_be_played_is_refused(wav: bytes, what: str, words: Path) -> None:
    """Whatever an owner put there."""
    (words.parent / "lines" / "trouble_1.wav").write_bytes(wav)
    with pytest.raises(ClipError, match=what):
        load_clips(words)


@pytest.mark.parametrize("text", ["[lines]", "[lines", "[lines]\nhello = ['Hi']", "[lines]\ngoodbye = 5"])
def test_words_that_are_no_words_are_refused(text: str, words: Path) -> None:
    """A line that is missing, unknown or no list."""
    words.write_text(text)
    with pytest.raises(ClipError, match=r"lines\.toml: "):
        load_clips(words)


def test_a_chunk_before_the_sound_is_skipped() -> None:
    """Editors write their name into a WAV file."""
    wav = sound.wav_of(b"abcd")
    extra = b"LIST" + (3).to_bytes(4, "little") + b"me!\0"
    assert mulaw_of(wav[:12] + extra + wav[12:]) == b"abcd"
