"""Renders the committed voices: the agent's phrase bank, every recording's caller clips, and the
ready-made lines that the server itself plays.

    python -m recordings.render              render what is missing or stale, delete what nobody wants
    python -m recordings.render --check      say what that would be; exit 1 when there is something
    python -m recordings.render --missing "A sentence."   say which words the agent's bank lacks

Needs the program `flite` (Debian: apt install flite); playing recordings does not. The sources
are voices/agent/phrases.toml, the [[caller_line]] tables of */recording.toml and ../prompts/lines.toml;
the results are 8 kHz mu-law WAV files with an index.json beside them, all committed. Rendering twice
gives the same bytes. Read next: bridge/harness/speech.py, which joins the phrases.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bridge.call.clip_files import clip_name
from bridge.harness import sound
from bridge.harness.speech import INDEX, PhraseBank, RenderedClip, read_index, words_of

ROOT = Path(__file__).parent
LINES = Path("prompts") / "lines.toml"  # beside this folder

_WAY = 1  # raise it when the sound processing below changes, so that every clip is stale
_VOICES = ("slt", "rms", "awb")  # flite's permissive ones; flite takes its default for an unknown name
_OWN = "own"  # a clip that somebody spoke and committed by hand
_SPEECH_DBFS = -22.0
_NOISE_BELOW_SPEECH_DB = 30.0
_SPEECH_BELOW_PEAK_DB = 45.0  # softer than this, at either end, is flite's silence
_EDGE_MS = 20  # silence kept at either end


class RenderError(Exception):
    """Nothing can be rendered; the text says what to do."""


@dataclass(frozen=True)
class Clip:
    """One file that should exist."""

    folder: Path
    file: str
    text: str
    voice: str
    to_flite: str  # the text in the spelling that flite pronounces well
    line_noise: bool

    @property
    def path(self) -> Path:
        return self.folder / self.file

    @property
    def made_from(self) -> str:
        """Changes when the clip has to be rendered again."""
        source = msgspec.json.encode([_WAY, self.voice, self.to_flite, self.line_noise])
        return hashlib.sha256(source).hexdigest()[:16]

    def entry(self) -> RenderedClip:
        return RenderedClip(text=self.text, file=self.file, made_from=self.made_from)


# What should exist


def wanted(root: Path) -> dict[Path, list[Clip]]:
    """All clips below `root` that flite speaks, by folder. Raises RenderError for a bad source."""
    recordings = sorted(root.glob("*/recording.toml"))
    lines = {path: tomllib.loads(path.read_text()).get("caller_line", []) for path in recordings}
    names = [name for said in lines.values() for line in said if (name := _name_in(line))]
    clips = {root / "voices" / "agent": _agent_clips(root / "voices" / "agent", names)}
    for path, said in lines.items():
        clips[path.parent / "clips"] = list(_caller_clips(path, said))
    if (words := root.parent / LINES).exists():
        clips[words.with_suffix("")] = list(_ready_lines(words))
    return clips


def _ready_lines(path: Path) -> Iterator[Clip]:
    """What the server says without the model; bridge/call/clip_files.py reads it by the same names."""
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    voice = words["voice"]
    if voice not in _VOICES:
        raise RenderError(f"{path}: voice {voice!r} is not one of {_VOICES}")
    for line, texts in words["lines"].items():
        for number, text in enumerate(texts):
            file = f"{clip_name(line, number)}.wav"
            yield Clip(path.with_suffix(""), file, text, voice, text, line_noise=False)


def _name_in(line: dict[str, Any]) -> str:
    """The name that a caller gives in a line; "" for none."""
    means = line.get("means", {})
    name: str = means.get("name") or means.get("details", {}).get("name", "")
    return name


def _agent_clips(folder: Path, names: Sequence[str]) -> list[Clip]:
    """The phrase bank: everything in phrases.toml, and the names that callers of recordings give."""
    phrases = tomllib.loads((folder / "phrases.toml").read_text())
    texts = [text for group in phrases["fragments"].values() for text in group]
    by_words: dict[tuple[str, ...], str] = {}
    for text in [*texts, *names]:
        by_words.setdefault(words_of(text), text)
    return [
        Clip(
            folder=folder,
            file=_file_name(words),
            text=text,
            voice=phrases["voice"],
            to_flite=_respelled(text, phrases.get("spoken", {})),
            line_noise=False,
        )
        for words, text in by_words.items()
    ]


def _file_name(words: Sequence[str]) -> str:
    """A readable name that differs whenever the words differ."""
    slug = re.sub(r"[^a-z0-9]+", "_", " ".join(words).replace("'", "")).strip("_")
    if len(slug) <= 40 and not any("'" in word or not word.isascii() for word in words):
        return f"{slug}.wav"
    mark = hashlib.sha256(" ".join(words).encode()).hexdigest()[:6]
    return f"{slug[:40].rstrip('_')}_{mark}.wav"


def _respelled(text: str, spoken: dict[str, str]) -> str:
    """`text` with whole words replaced by a spelling that flite pronounces as meant."""
    for written, spelling in spoken.items():
        text = re.sub(rf"\b{re.escape(written)}\b", spelling, text)
    return text


def _caller_clips(recording: Path, lines: Sequence[dict[str, Any]]) -> Iterator[Clip]:
    texts: dict[str, tuple[str, str]] = {}
    for line in lines:
        name, voice = line.get("clip"), line.get("voice", "rms")
        if not name or voice == _OWN:
            continue
        if voice not in _VOICES:
            raise RenderError(f"{recording}: clip {name}: voice {voice!r} is not one of {_VOICES}, {_OWN!r}")
        if not line.get("text"):
            raise RenderError(f"{recording}: clip {name} has no text to speak")
        if name in texts:
            if texts[name] != (line["text"], voice):
                raise RenderError(f"{recording}: clip {name} has two different texts or voices")
            continue
        texts[name] = (line["text"], voice)
        folder = recording.parent / "clips"
        yield Clip(folder, f"{name}.wav", line["text"], voice, line["text"], line_noise=True)


def own_clips(root: Path) -> list[Path]:
    """Files of clips that somebody spoke: they are never rendered, but must be there."""
    return [
        path.parent / "clips" / f"{line['clip']}.wav"
        for path in sorted(root.glob("*/recording.toml"))
        for line in tomllib.loads(path.read_text()).get("caller_line", [])
        if line.get("clip") and line.get("voice") == _OWN
    ]


# What has to be done


@dataclass(frozen=True)
class Work:
    """The difference between what should exist and what does."""

    render: list[Clip]
    delete: list[Path]
    wrong: list[str]  # what rendering cannot mend

    def __bool__(self) -> bool:
        return bool(self.render or self.delete or self.wrong)


def work_to_do(root: Path) -> Work:
    """What `render` would do below `root`. Raises RenderError for a bad source."""
    render: list[Clip] = []
    delete: list[Path] = []
    for folder, clips in wanted(root).items():
        have = {clip.file: clip for clip in read_index(folder)}
        render += [
            clip for clip in clips if have.pop(clip.file, None) != clip.entry() or not clip.path.exists()
        ]
        delete += [folder / file for file in have]
    wrong = [message for path in own_clips(root) if (message := _wrong_with(path))]
    own = set(own_clips(root))
    return Work(render, [path for path in delete if path not in own], wrong)


def _wrong_with(path: Path) -> str:
    """Why a clip that somebody spoke cannot be used; "" when it can."""
    if not path.exists():
        return f"{path} is missing: record it as 8 kHz mono mu-law WAV"
    try:
        sound.mulaw_of_wav(path.read_bytes())
    except sound.WavError as error:
        return f"{path}: {error}"
    return ""


def render(root: Path) -> Work:
    """Bring the files below `root` up to date; returns what was done. Raises RenderError."""
    work = work_to_do(root)
    if work.render and shutil.which("flite") is None:
        raise RenderError("the program flite is not installed (Debian and Ubuntu: apt install flite)")
    for clip in work.render:
        clip.folder.mkdir(exist_ok=True)
        clip.path.write_bytes(sound.wav_of(rendered(clip)))
    for path in work.delete:
        path.unlink(missing_ok=True)
    for folder, clips in wanted(root).items():
        _write_index(folder, [clip.entry() for clip in clips])
    return work


def _write_index(folder: Path, entries: list[RenderedClip]) -> None:
    if entries != read_index(folder):
        text = msgspec.json.format(msgspec.json.encode(entries), indent=1)
        (folder / INDEX).write_bytes(text + b"\n")


# How one clip is made


def rendered(clip: Clip) -> bytes:
    """`clip` spoken by flite, as mu-law. Raises RenderError when flite fails."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "spoken.wav"
        command = ["flite", "-voice", clip.voice, "-t", _with_full_stop(clip.to_flite), "-o", str(wav)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode or not wav.exists():
            raise RenderError(f"flite could not speak {clip.to_flite!r}: {done.stderr.strip()}")
        pcm, rate = sound.pcm_of_wav(wav.read_bytes())
    seed = int.from_bytes(hashlib.sha256(clip.file.encode()).digest()[:4], "big")
    try:
        return telephone_quality(pcm, rate, seed if clip.line_noise else None)
    except ValueError as error:
        raise RenderError(f"flite, speaking {clip.to_flite!r}: {error}") from error


def _with_full_stop(text: str) -> str:
    # Without an end mark flite drops the fall of the voice, and some abbreviations altogether.
    return text if text.rstrip()[-1:] in ".?!" else f"{text}."


def telephone_quality(pcm: sound.Pcm | sound.Samples, rate: int, noise_seed: int | None) -> bytes:
    """Speech as a telephone line carries it: band-limited, levelled, trimmed; with noise if seeded.

    Raises ValueError when there is no sound in `pcm` or its rate is neither 8 nor 16 kHz.
    """
    if rate not in (sound.RATE, 2 * sound.RATE):
        raise ValueError(f"a rate of {rate} Hz")
    narrow = sound.band_limit(sound.halve_rate(pcm) if rate == 2 * sound.RATE else pcm)
    levels = sound.frame_levels(narrow)
    if not len(levels) or levels.max() < -60:
        raise ValueError("no sound")
    speech = np.flatnonzero(levels >= levels.max() - _SPEECH_BELOW_PEAK_DB)
    frame, edge = 10 * sound.BYTES_PER_MS, _EDGE_MS * sound.BYTES_PER_MS
    padded = np.concatenate((np.zeros(edge), narrow, np.zeros(edge)))
    cut = padded[speech[0] * frame : (speech[-1] + 1) * frame + 2 * edge]
    level = sound.gain(cut, _SPEECH_DBFS - sound.speech_dbfs(cut))
    if noise_seed is not None:
        level = sound.mix(level, sound.noise(len(level), _SPEECH_DBFS - _NOISE_BELOW_SPEECH_DB, noise_seed))
    return sound.to_mulaw(level)


# Command line


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Exit code: 0 all well, 1 something is missing or stale, 2 nothing could be done."""
    parser = argparse.ArgumentParser(prog="python -m recordings.render", description="Render the voices.")
    parser.add_argument("--check", action="store_true", help="only say what is missing or stale")
    parser.add_argument("--missing", nargs="+", metavar="SENTENCE", help="words the agent's bank lacks")
    options = parser.parse_args(arguments)
    try:
        if options.missing:
            return _report_missing(PhraseBank.load(root / "voices" / "agent"), options.missing)
        work = work_to_do(root) if options.check else render(root)
    except RenderError as error:
        _say(f"cannot render: {error}")
        return 2
    for clip in work.render:
        _say(f"{'missing or stale' if options.check else 'rendered'}: {_shown(clip.path, root)}")
    for path in work.delete:
        _say(f"{'not wanted' if options.check else 'deleted'}: {_shown(path, root)}")
    for message in work.wrong:
        _say(message)
    if not work:
        _say("everything is up to date")
    return 1 if work.wrong or (options.check and work) else 0


def _shown(path: Path, root: Path) -> Path:
    """A path as it is told: from `root`, or from the folder above it."""
    return path.relative_to(root if path.is_relative_to(root) else root.parent)


def _report_missing(bank: PhraseBank, sentences: Sequence[str]) -> int:
    for sentence in sentences:
        _say(f"joined: {' | '.join(bank.fragments_of(sentence))}")
    unknown = bank.missing(sentences)
    _say(f"missing: {', '.join(unknown)}" if unknown else "nothing is missing")
    return 1 if unknown else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
