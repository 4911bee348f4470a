"""Rendering: what is wanted, what is stale, how a clip is made, what the command says."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from bridge.harness import sound
from bridge.harness.hearing import Recogniser
from bridge.harness.speech import read_index
from recordings import render
from recordings.render import RenderError, telephone_quality, wanted, work_to_do

ROOT = Path(__file__).parents[2] / "recordings"

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="the program flite is not installed")

PHRASES = """
voice = "slt"
[spoken]
PM = "P M"
[fragments]
some = ["at two PM", "Yes", "yes"]
"""
RECORDING = """
[[caller_line]]
clip = "hello"
text = "Hello there."
means = { intent = "name", name = "Dana Reed" }
[[caller_line]]
press = "0"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small copy of recordings/: one phrase file, one recording."""
    (tmp_path / "voices" / "agent").mkdir(parents=True)
    (tmp_path / "voices" / "agent" / "phrases.toml").write_text(PHRASES)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "recording.toml").write_text(RECORDING)
    return tmp_path


def as_if_rendered(root: Path) -> None:
    """Files and indexes as rendering leaves them, with silence for speech."""
    for folder, clips in wanted(root).items():
        folder.mkdir(exist_ok=True)
        for clip in clips:
            clip.path.write_bytes(sound.wav_of(sound.silence(20)))
        render._write_index(folder, [clip.entry() for clip in clips])


def in_recording(root: Path, text: str) -> None:
    (root / "one" / "recording.toml").write_text(text)


# --- what is wanted -------------------------------------------------------------------------


def test_what_is_committed_is_up_to_date() -> None:
    """Each phrase and each caller's clip was rendered from the text that stands there now."""
    work = work_to_do(ROOT)
    assert [clip.path.name for clip in work.render] == []
    assert (work.delete, work.wrong) == ([], [])


def test_the_bank_stays_small() -> None:
    """The agent's voice takes less than 3.5 MB of the repository: most of it whole sentences of the tools."""
    assert sum(path.stat().st_size for path in (ROOT / "voices").glob("*/*.wav")) < 3_500_000


def test_phrases_names_and_lines_are_wanted(tree: Path) -> None:
    """The bank holds each phrase once and the callers' names; a recording holds its spoken lines."""
    clips = wanted(tree)
    agent = clips[tree / "voices" / "agent"]
    assert [(clip.file, clip.to_flite) for clip in agent] == [
        ("at_two_pm.wav", "at two P M"),
        ("yes.wav", "Yes"),
        ("dana_reed.wav", "Dana Reed"),
    ]
    assert {(clip.voice, clip.line_noise) for clip in agent} == {("slt", False)}
    (line,) = clips[tree / "one" / "clips"]
    assert (line.file, line.text, line.voice, line.line_noise) == ("hello.wav", "Hello there.", "rms", True)


def test_file_names_differ_when_words_differ() -> None:
    """Apostrophes and long sentences get a mark, so no two phrases share a file."""
    names = {render._file_name(words) for words in (("well",), ("we'll",), ("a",) * 50, ("a",) * 51)}
    assert len(names) == 4
    assert all(len(name) < 60 for name in names)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('clip = "a"\ntext = "A."\nvoice = "alice"', "voice 'alice' is not one of"),
        ('clip = "a"', "clip a has no text"),
        ('clip = "a"\ntext = "A."\n[[caller_line]]\nclip = "a"\ntext = "B."', "two different texts"),
    ],
)
def test_a_line_that_cannot_be_spoken_is_an_error(tree: Path, line: str, said: str) -> None:
    """An unknown voice, a missing text and one clip with two texts are told with file and clip."""
    in_recording(tree, f"[[caller_line]]\n{line}")
    with pytest.raises(RenderError, match=said):
        wanted(tree)


def test_a_clip_may_be_said_twice(tree: Path) -> None:
    """The same clip in two lines is one file and not for ever stale."""
    in_recording(tree, RECORDING + '[[caller_line]]\nclip = "hello"\ntext = "Hello there."')
    as_if_rendered(tree)
    assert not work_to_do(tree)


# --- what is to be done ---------------------------------------------------------------------


def test_only_what_changed_is_rendered(tree: Path) -> None:
    """A changed text, a changed voice and a lost file are stale; a line that is gone is deleted."""
    as_if_rendered(tree)
    assert not work_to_do(tree)
    in_recording(tree, RECORDING.replace("Hello there.", "Good day."))
    assert [clip.file for clip in work_to_do(tree).render] == ["hello.wav"]
    in_recording(tree, RECORDING.replace('"Hello there."', '"Hello there."\nvoice = "awb"'))
    assert [clip.file for clip in work_to_do(tree).render] == ["hello.wav"]
    in_recording(tree, RECORDING)
    (tree / "voices" / "agent" / "yes.wav").unlink()
    assert [clip.file for clip in work_to_do(tree).render] == ["yes.wav"]
    in_recording(tree, RECORDING.replace('"hello"', '"other"'))
    assert [path.name for path in work_to_do(tree).delete] == ["hello.wav"]


def test_own_recordings_are_left_alone(tree: Path) -> None:
    """A clip somebody spoke is neither rendered nor deleted, but must be there in the right format."""
    as_if_rendered(tree)
    in_recording(tree, RECORDING.replace('"Hello there."', '"Hello there."\nvoice = "own"'))
    assert not work_to_do(tree)
    clip = tree / "one" / "clips" / "hello.wav"
    clip.write_bytes(b"RIFF")
    assert "not a RIFF/WAVE file" in work_to_do(tree).wrong[0]
    clip.unlink()
    assert "record it as 8 kHz mono mu-law WAV" in work_to_do(tree).wrong[0]


# --- how a clip is made ---------------------------------------------------------------------


def speech_like() -> sound.Samples:
    """A second of tone at 16 kHz with a second of silence before and after."""
    tone: sound.Samples = 3000 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    return np.concatenate((np.zeros(16000), tone, np.zeros(16000)))


def test_a_clip_is_levelled_and_trimmed() -> None:
    """Speech comes out at -22 dBFS with about 20 ms of silence kept at either end."""
    mulaw = telephone_quality(speech_like(), 16000, noise_seed=None)
    assert sound.length_ms(mulaw) == pytest.approx(1040, abs=30)
    assert sound.speech_dbfs(sound.from_mulaw(mulaw)) == pytest.approx(-22, abs=0.2)


def test_noise_is_thirty_decibels_below_the_speech() -> None:
    """With a seed the quiet ends carry noise, the same for the same seed."""
    noisy = telephone_quality(speech_like(), 16000, noise_seed=1)
    assert sound.dbfs(sound.from_mulaw(noisy[:100])) == pytest.approx(-52, abs=3)
    assert noisy == telephone_quality(speech_like(), 16000, noise_seed=1)
    assert noisy != telephone_quality(speech_like(), 16000, noise_seed=2)


@pytest.mark.parametrize(
    ("pcm", "rate"), [(np.zeros(16000), 16000), (np.zeros(0), 8000), (np.ones(9), 44100)]
)
def test_what_is_no_speech_is_refused(pcm: sound.Samples, rate: int) -> None:
    """Silence, nothing, and a rate that no voice has raise ValueError."""
    with pytest.raises(ValueError, match=r"no sound|a rate of"):
        telephone_quality(pcm, rate, noise_seed=None)


@needs_flite
def test_rendering_twice_gives_the_same_bytes(tree: Path) -> None:
    """Everything is rendered once; a second rendering from scratch equals the first."""
    assert len(render.render(tree).render) == 4
    first = {path: path.read_bytes() for path in tree.rglob("*.wav")}
    assert len(first) == 4
    assert not render.render(tree)
    for path in first:
        path.unlink()
    render.render(tree)
    assert {path: path.read_bytes() for path in tree.rglob("*.wav")} == first
    assert [clip.text for clip in read_index(tree / "one" / "clips")] == ["Hello there."]


@needs_flite
def test_the_committed_clips_are_what_flite_says() -> None:
    """Rendering a committed line again gives its sound, also with another build of flite."""
    clip = wanted(ROOT)[ROOT / "book-a-cleaning" / "clips"][0]
    committed, again = sound.mulaw_of_wav(clip.path.read_bytes()), render.rendered(clip)
    assert sound.length_ms(again) == pytest.approx(sound.length_ms(committed), abs=40)
    assert Recogniser({"committed": committed}).recognise(again).score > 0.95


# --- the command ----------------------------------------------------------------------------


def test_check_tells_and_changes_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check lists what is missing, exits 1, and renders nothing; when all is well it exits 0."""
    assert render.main(["--check"], tree) == 1
    assert "missing or stale: one/clips/hello.wav" in capsys.readouterr().out
    assert list(tree.rglob("*.wav")) == []
    as_if_rendered(tree)
    assert render.main(["--check"], tree) == 0
    assert capsys.readouterr().out == "everything is up to date\n"


def test_without_flite_the_command_says_so(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written and the answer names the package to install."""
    monkeypatch.setenv("PATH", str(tree))
    assert render.main([], tree) == 2
    assert "apt install flite" in capsys.readouterr().out
    assert list(tree.rglob("*.wav")) == []


def test_unwanted_files_are_deleted_without_flite(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting needs no speech program."""
    as_if_rendered(tree)
    in_recording(tree, RECORDING.split("[[caller_line]]")[0])
    (tree / "voices" / "agent" / "phrases.toml").write_text(PHRASES.replace('"Yes", "yes"', ""))
    monkeypatch.setenv("PATH", str(tree))
    assert render.main([], tree) == 0
    assert [path.name for path in tree.rglob("*.wav")] == ["at_two_pm.wav"]
    assert read_index(tree / "one" / "clips") == []


def test_ready_made_lines_stand_beside_the_recordings(tree: Path) -> None:
    """prompts/lines.toml, when there is one: each line in its order, without noise."""
    root = tree / "recordings"
    root.mkdir()
    for name in ("voices", "one"):
        (tree / name).rename(root / name)
    (tree / "prompts").mkdir()
    (tree / "prompts" / "lines.toml").write_text('voice = "slt"\n[lines]\nbye = ["Bye.", "Bye bye."]\n')
    clips = wanted(root)[tree / "prompts" / "lines"]
    assert [(clip.file, clip.text, clip.line_noise) for clip in clips] == [
        ("bye_1.wav", "Bye.", False),
        ("bye_2.wav", "Bye bye.", False),
    ]
    assert tree / "prompts" / "lines" / "bye_1.wav" in [clip.path for clip in work_to_do(root).render]
    (tree / "prompts" / "lines.toml").write_text('voice = "own"\n[lines]\n')
    with pytest.raises(RenderError, match="'own'"):
        wanted(root)


def test_missing_words_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """--missing shows how sentences are joined and which words the bank lacks."""
    assert render.main(["--missing", "I have Monday at zebra."], ROOT) == 1
    assert capsys.readouterr().out == "joined: i have | monday | at\nmissing: zebra\n"
    assert render.main(["--missing", "I have Monday."], ROOT) == 0
    assert capsys.readouterr().out.endswith("nothing is missing\n")
