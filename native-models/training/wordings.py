"""How people ask: the grammar of `phrases.py`, said. Of every kind the phrases with "~" are never trained on, nor is a quarter of the
wordings of every other one, chosen by a checksum: together they are the other words that are asked in the evaluation."""

import functools
import json
import re
import zlib
from pathlib import Path

from files import read_json
from phrases import AFTER, BEFORE, LISTS, PHRASES, TYPOS

OTHER_WORDS = Path(__file__).parents[2] / "test" / "eval" / "other-words.json.gz"
#: {kind: [wording]}, written one by one, with the same words in capitals as the phrases.
WRITTEN = json.loads((Path(__file__).parent / "written.json").read_text())
#: Share of the questions that are asked in those wordings, and of these that are asked as they stand.
SHARE, AS_IT_STANDS = 0.55, 0.6


def held(text):
    return zlib.crc32(text.encode()) % 4 == 0


def expand(rng, text):
    """One of the ways that a phrase can be said."""
    return re.sub(" +", " ", said(rng, parsed(text))).strip()


@functools.cache
def parsed(text):
    """A list of plain texts and of lists, each of which holds alternatives, parsed themselves."""
    parts, groups = [], []
    for piece in re.split(r"(\{[A-Z]+\}|[(|)])", text):
        inner = groups[-1][-1] if groups else parts
        match piece:
            case "(":
                groups.append([[]])
            case "|" if groups:
                groups[-1].append([])
            case ")":
                group = groups.pop()
                (groups[-1][-1] if groups else parts).append(group)
            case _ if piece.startswith("{"):
                inner.append([parsed(option) for option in LISTS[piece[1:-1]].split("|")])
            case _ if piece:
                inner.append(piece)
    return parts


def said(rng, parts):
    return "".join(part if isinstance(part, str) else said(rng, pick(rng, part)) for part in parts)


@functools.cache
def phrases_of(kind):
    return [phrase.strip() for phrase in PHRASES[kind].split("\n")]


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def choice(rng, text, other):
    """One of `a|b|~c`: of those with "~" if `other` words are wanted, half the time, and else of the rest."""
    options = text.split("|")
    marked = other and rng.random() < 0.5
    return pick(rng, [o for o in options if o.startswith("~") == marked] or options).removeprefix("~")


def say(rng, kind, other, **words):
    """A question of a kind in the words that are trained on, or in `other` ones; `words`, each of them one or
    several divided by "|", are put in for those in capitals."""
    if not other and rng.random() < SHARE and (question := listed(rng, WRITTEN, kind, **words)) and letters(question) not in evaluated():
        return question if rng.random() < AS_IT_STANDS else styled(rng, question)
    marked = other and rng.random() < 0.5
    phrases = [phrase.removeprefix("~") for phrase in phrases_of(kind) if phrase.startswith("~") == marked]
    while True:
        question = expand(rng, pick(rng, phrases))
        # Of the phrases themselves the other ones; what is not held out by its phrase is by its checksum.
        if marked or held(question) == other:
            break
    return styled(rng, put_in(rng, question, words), other)


def put_in(rng, question, words):
    for name in sorted(words, key=len, reverse=True):
        question = question.replace(name, pick(rng, words[name].split("|")))
    return question


def listed(rng, lists, kind, **words):
    """One of the wordings that somebody wrote, as it stands; None where there is none of that kind."""
    if kind == "extreme":
        kind = words["MOST"].split("|")[0]
    if rng.random() < 0.7:
        words = {name: word.split("|")[0] for name, word in words.items()}
    return put_in(rng, pick(rng, lists[kind]), words) if kind in lists else None


@functools.cache
def evaluated():
    """What the evaluation asks in other words, letters and digits alone: two phrases can come to the same words."""
    if not OTHER_WORDS.exists():
        return frozenset()
    scenes = read_json(OTHER_WORDS)["scenes"]
    return frozenset(letters(turn["question"]) for scene in scenes for made in scene["conversations"] for turn in made["turns"])


def letters(text):
    return re.sub("[^a-z0-9]", "", text.lower())


def styled(rng, question, other=False):
    """As it is typed: polite or not, with or without capitals, stops and faults."""
    while True:
        typed = as_typed(rng, question, other)
        if other or letters(typed) not in evaluated():
            return typed
        question = f"please {question}"


def as_typed(rng, question, other):
    end = question[-1] if question[-1] in "?.!" else ""
    body = question.removesuffix(end)
    if rng.random() < 0.2:
        body = choice(rng, BEFORE, other) + body
    if rng.random() < 0.12:
        body += choice(rng, AFTER, other)
    luck = rng.random()
    end = "" if luck < 0.25 else pick(rng, ["??", " ?", "!", "?", "...", "."]) if luck < 0.32 else end
    if rng.random() < 0.08:
        body = mistyped(rng, body)
    luck = rng.random()
    if luck < 0.65:
        body = body[0].upper() + body[1:]
    elif luck < 0.68:
        body = body.upper()
    return body + end


def mistyped(rng, text):
    words = text.split(" ")
    known = [n for n, word in enumerate(words) if word in TYPOS]
    if known and rng.random() < 0.6:
        at = pick(rng, known)
        words[at] = pick(rng, TYPOS[words[at]].split("|"))
        return " ".join(words)
    long = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return text
    at = pick(rng, long)
    word, i = words[at], int(rng.integers(1, len(words[at]) - 1))
    words[at] = pick(rng, [word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:], word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]])
    return " ".join(words)
