"""The agent's voice in a replay: sentences joined from a committed bank of rendered phrases.

Joining instead of synthesising means that a replay needs no speech program and that the audio
says exactly what the transcript says. The bank is made by recordings/render.py; the words it
may hold are listed in recordings/voices/agent/phrases.toml. Reads files once, when loaded;
speaking is pure. Read next: sound.py, recordings/render.py.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from bridge.harness import sound

AGENT_VOICE = Path(__file__).parents[2] / "recordings" / "voices" / "agent"
INDEX = "index.json"

# Pauses after punctuation, shorter than the 500 ms that end a turn for a voice detector.
_PAUSE_MS = {",": 130, ";": 200, ":": 200, ".": 300, "?": 300, "!": 300}
_WORD_GAP_MS = 20  # between fragments; each keeps about 20 ms of its own edges as well

_TOKEN = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*|[,;:.?!]")


class UnknownWords(LookupError):
    """The bank lacks words of a sentence. Add them to phrases.toml and run recordings/render.py."""

    def __init__(self, words: list[str], text: str) -> None:
        super().__init__(f"no phrase for {', '.join(map(repr, words))} in {text!r}")
        self.words = words
        self.text = text


class RenderedClip(msgspec.Struct, frozen=True):
    """One entry of an index file, written by recordings/render.py."""

    text: str
    file: str  # in the index's folder
    made_from: str  # hash of text, voice and way of rendering; a change makes the clip stale


def read_index(folder: Path) -> list[RenderedClip]:
    """The rendered clips of `folder`; none when nothing was rendered yet."""
    index = folder / INDEX
    if not index.exists():
        return []
    return msgspec.json.decode(index.read_bytes(), type=list[RenderedClip])


def words_of(text: str) -> tuple[str, ...]:
    """The words of `text` as they are compared: lower case, no punctuation, hyphens split.

    "Thursday, November twenty-sixth at two p.m." and "thursday november twenty sixth at two PM"
    are the same words.
    """
    return tuple(word for word, _ in _words_and_pauses(text))


def _words_and_pauses(text: str) -> list[tuple[str, int]]:
    """Each word with the milliseconds of pause that follow it."""
    found: list[tuple[str, int]] = []
    for token in _TOKEN.findall(text):
        if token in _PAUSE_MS:
            if found:
                word, pause = found[-1]
                found[-1] = (word, max(pause, _PAUSE_MS[token]))
        else:
            found.append((token.lower().replace("’", "'").replace(".", ""), 0))
    return found


class Joint(msgspec.Struct, frozen=True):
    """One step of a joined sentence."""

    words: tuple[str, ...]
    pause_ms: int  # silence after it


class PhraseBank:
    """Speaks sentences from fragments of recorded speech."""

    def __init__(self, fragments: Mapping[tuple[str, ...], bytes]) -> None:
        """`fragments`: mu-law audio by words, as `words_of` gives them."""
        self._fragments = dict(fragments)
        self._longest = max(map(len, self._fragments), default=0)

    @classmethod
    def load(cls, folder: Path = AGENT_VOICE) -> "PhraseBank":
        """The bank in `folder`. Raises OSError or sound.WavError when a file of the index is bad."""
        return cls(
            {
                words_of(clip.text): sound.mulaw_of_wav((folder / clip.file).read_bytes())
                for clip in read_index(folder)
            }
        )

    def speak(self, text: str) -> bytes:
        """`text` as mu-law, the same bytes each time. Raises UnknownWords."""
        joints, unknown = split_into_fragments(text, self._fragments, self._longest)
        if unknown:
            raise UnknownWords(unknown, text)
        parts: list[bytes] = []
        for number, joint in enumerate(joints, 1):
            parts.append(self._fragments[joint.words])
            if number < len(joints):
                parts.append(sound.silence(joint.pause_ms or _WORD_GAP_MS))
        return b"".join(parts)

    def missing(self, texts: Iterable[str]) -> list[str]:
        """The words of `texts` that the bank cannot say, each once, in order."""
        unknown: dict[str, None] = {}
        for text in texts:
            unknown.update(dict.fromkeys(split_into_fragments(text, self._fragments, self._longest)[1]))
        return list(unknown)

    def fragments_of(self, text: str) -> list[str]:
        """Which fragments `speak(text)` would join, unknown words left out."""
        joints, _ = split_into_fragments(text, self._fragments, self._longest)
        return [" ".join(joint.words) for joint in joints]


def split_into_fragments(
    text: str, known: Iterable[tuple[str, ...]], longest: int
) -> tuple[list[Joint], list[str]]:
    """`text` cut into known fragments, the longest first at each place, and the words left over."""
    known = known if isinstance(known, Mapping | set | frozenset) else set(known)
    spoken = _words_and_pauses(text)
    joints: list[Joint] = []
    unknown: list[str] = []
    at = 0
    while at < len(spoken):
        for size in range(min(longest, len(spoken) - at), 0, -1):
            words = tuple(word for word, _ in spoken[at : at + size])
            if words in known:
                joints.append(Joint(words, spoken[at + size - 1][1]))
                at += size
                break
        else:
            unknown.append(spoken[at][0])
            at += 1
    return joints, unknown
