"""A scene as questions see it: what each thing is called and where it is, and how a turn is worded."""

import scenes
import wordings

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
ORDINALS = ["first", "second", "third", "fourth", "fifth"]
PLACES = [
    ["at the top left", "at the top", "at the top right"],
    ["on the left", "in the middle", "on the right"],
    ["at the bottom left", "at the bottom", "at the bottom right"],
]
PICTURES = ["picture", "image", "scene", "drawing"]


class View:
    """A scene with what can be said of it. `words`: how questions are asked, in the few wordings beside each answer ("own"), in
    people's ("people"), in those of people's that are held out ("other"), or in those of a list, {kind: [wording]}."""

    def __init__(self, rng, scene, words="own"):
        self.rng, self.scene, self.words = rng, scene, words
        self.shapes, self.signs, self.side = scene["shapes"], scene["signs"], scene["side"]
        self.things = self.shapes + self.signs

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def place(self, thing):
        row, column = (min(2, int(thing[axis] / self.side * 3)) for axis in "yx")
        return PLACES[row][column]

    def in_order(self, things):
        """From the top left to the bottom right, place by place."""

        def order(thing):
            row, column = (min(2, int(thing[axis] / self.side * 3)) for axis in "yx")
            return row, column, thing["x"]

        return sorted(things, key=order)

    def alike(self, noun):
        return [thing for thing in self.things if noun_of(thing) == noun]

    def name(self, thing):
        """What tells a thing from all others, without the article; None for one of several alike."""
        if "text" in thing:
            return "sign" if len(self.signs) == 1 and self.rng.random() < 0.6 else f"{thing['colour']} sign"
        kind = [s for s in self.shapes if s["kind"] == thing["kind"]]
        if len(kind) == 1 and self.rng.random() < 0.4:
            return thing["kind"]
        if sum(s["colour"] == thing["colour"] for s in kind) == 1:
            return f"{thing['colour']} {thing['kind']}"
        return None

    def named(self, things, count=1):
        """`count` different things that have a name, as (thing, name); None if there are not so many."""
        order = self.rng.permutation(len(things))
        found = [(things[i], name) for i in order if (name := self.name(things[i]))]
        return found[:count] if len(found) >= count else None

    def kind_name(self, present):
        """A colour and kind, and the things that are so; at random one that is there, or any."""
        if present and self.shapes:
            thing = self.pick(self.shapes)
            colour, kind = thing["colour"], thing["kind"]
        else:
            colour, kind = self.pick(scenes.COLOUR_NAMES), self.pick(scenes.KINDS)
        return colour, kind, [s for s in self.shapes if s["colour"] == colour and s["kind"] == kind]


def one(view, kind, wordings, answer, *must, ask=None):
    return {"kind": kind, "turns": [turn(view, wordings, answer, *must, ask=ask)]}


def turn(view, own, answer, *must, ask=None):
    """`own`: its own few wordings; `ask`: its kind in the grammar, and what is put in for the capitals there."""
    kind, words = ask or (None, {})
    if view.words == "own" or kind is None:
        question = own_words(view, own)
    elif isinstance(view.words, dict):
        question = wordings.listed(view.rng, view.words, kind, **words)
    else:
        question = wordings.say(view.rng, kind, view.words == "other", **words)
    return {"question": question, "answer": answer, "must": list(must) or [answer]}


def own_words(view, own):
    question = view.pick(own).replace("PICTURE", view.pick(PICTURES))
    if "colour" in question and view.rng.random() < 0.3:
        question = question.replace("colour", "color")
    luck = view.rng.random()
    if luck < 0.08:
        question = question[0].lower() + question[1:]
    elif luck < 0.13:
        question = question.rstrip("?.")
    elif luck < 0.17:
        question = "Please tell me: " + question[0].lower() + question[1:]
    return question


def plural(kind):
    return {"cross": "crosses"}.get(kind, kind + "s")


def a(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def noun_of(thing):
    return "sign" if "text" in thing else thing["kind"]


def phrase(thing):
    if "text" in thing:
        return f'{a(thing["colour"])} sign that says "{thing["text"]}"'
    return f"a {thing['size']} {thing['colour']} {thing['kind']}"


def short_phrase(thing):
    return f"{thing['colour']} {noun_of(thing)}"


def listed(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
