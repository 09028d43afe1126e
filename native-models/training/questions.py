"""Questions about a scene in varied wording, with the one answer that each wording gets, so that an answer is right
exactly when it is this one. A conversation is a dict: `kind`, and `turns` of `question`, `answer`, `must`: what an answer
in other words has to contain to be right."""

import math

import beyond
import phrases
import scenes
import wordings as people
from view import NUMBERS, ORDINALS, PLACES, View, a, listed, noun_of, one, phrase, plural, short_phrase, turn

#: Share of the questions in people's words where they are mixed.
PEOPLE = 0.75
#: Over the picture's side: how far one thing has to be beside another for a question about it.
CLEAR_GAP = 0.15
REFUSAL = "I am sorry, I only know drawn scenes: shapes and signs, their colours, sizes and places. I cannot answer that."
#: Of a picture that is none of the drawn scenes, whatever is asked.
UNKNOWN = "This is not one of the drawn scenes I know: shapes and signs on a plain or patterned ground."
OUTSIDE = [
    "Who is the person in the photo?", "What is the capital of France?", "Is the dog happy?", "What breed is this cat?", "Write a poem.",
    "What time of day was this taken?", "Which camera took this photo?", "How much is 17 times 23?", "What is the weather like?",
    "Tell me a joke.", "Who won the election?", "What are the people doing?", "Is this food healthy?", "Translate this into German.",
    "Which city is this?", "How old is the woman?", "What song is playing?", "Can you write some code for me?", "What car is that?",
    "Who painted this?", "What is the meaning of life?", "Is this mushroom edible?", "How do I fix my bicycle?", "What is your phone number?",
    "Are the children smiling?", "What kind of tree is this?", "Give me medical advice.", "How many calories does it have?",
    "What is the name of this building?", "Who wrote Hamlet?", "Should I buy this house?", "What is the dog's name?",
]  # fmt: skip
GREETINGS = ["Hello", "Hi", "Hello!", "Hi there!", "Good morning", "Hey"]
WELCOME = "Hello! Ask me about the shapes and signs in this picture."
THANKED = "You are welcome. Ask me more about the shapes and signs in this picture."


def conversations(rng, scene, count, easy, words="own"):
    """`count` conversations; in their own words about the share `easy` of them want an answer of one word or letter. `words`
    is View's, or "mixed": each its own or people's. What a list has no words for is not asked."""
    found = []
    while len(found) < count:
        view = View(rng, scene, ("people" if rng.random() < PEOPLE else "own") if words == "mixed" else words)
        made = choose(rng, easy if view.words == "own" else None)(view)
        if made is not None and all(turn["question"] for turn in made["turns"]):
            found.append(made)
    return found


def joined(rng, conversations, share):
    """The same, about the share `share` of them as chats: one question after another that have nothing to do with each other."""
    chats = []
    for made in conversations:
        if chats and rng.random() < share:
            chats[-1] = {"kind": "chat", "turns": chats[-1]["turns"] + made["turns"]}
        else:
            chats.append(made)
    return chats


def unknown(rng, count, other=False):
    """`count` conversations about a picture that is no scene; what is asked is of some scene, or of none."""
    asked = conversations(rng, scenes.make_scene(rng, 336), count, 0.1, "other" if other else "mixed")
    return [{"kind": "unknown", "turns": [{**t, "answer": UNKNOWN, "must": ["not one of the drawn scenes"]} for t in each["turns"]]} for each in asked]


def choose(rng, easy):
    """`easy` is None where people's words are wanted."""
    makers, weights = zip(*(PEOPLES if easy is None else EASY if rng.random() < easy else FULL))
    return makers[weighted(rng, weights)]


def weighted(rng, weights):
    at = rng.random() * sum(weights)
    for index, weight in enumerate(weights):
        at -= weight
        if at < 0:
            return index
    return len(weights) - 1


# ---------------------------------------------------------------- one word


def letter(view):
    if not view.signs or not (named := view.named(view.signs)):
        return None
    sign, name = named[0]
    text = sign["text"]
    at = int(view.rng.integers(len(text)))
    which = "last" if at == len(text) - 1 and view.rng.random() < 0.5 else ORDINALS[at]
    wordings = [f"What is the {which} character on the {name}?", f"Give the {which} character of the {name}.", f"{which.capitalize()} character on the {name}?"]
    return one(view, "letter", wordings, text[at])


def bare_text(view):
    if not (named := view.named(view.signs)):
        return None
    sign, name = named[0]
    return one(view, "letter", [f"Read the {name}, just the text.", f"Only the text of the {name}, please.", f"Text on the {name}, nothing else?"], sign["text"])


def word_colour(view):
    if not (named := view.named(view.shapes)):
        return None
    thing, _ = named[0]
    alike = [s for s in view.shapes if s["kind"] == thing["kind"]]
    if len(alike) > 1:
        return None
    return one(view, "word", [f"Colour of the {thing['kind']}, in one word?", f"One word: what colour is the {thing['kind']}?"], thing["colour"].capitalize())


def word_shape(view):
    if not view.shapes:
        return None
    thing = view.pick(view.shapes)
    if sum(s["colour"] == thing["colour"] for s in view.shapes) > 1:
        return None
    return one(view, "word", [f"Which shape is {thing['colour']}, in one word?", f"One word: what is the {thing['colour']} shape?"], thing["kind"].capitalize())


def word_count(view):
    kind = view.pick(view.shapes)["kind"] if view.shapes and view.rng.random() < 0.8 else view.pick(scenes.KINDS)
    total = sum(s["kind"] == kind for s in view.shapes)
    return one(view, "word", [f"How many {plural(kind)}, just the number?", f"Number of {plural(kind)}, in one word?"], NUMBERS[total].capitalize() if total else "None")


def word_exists(view):
    colour, kind, found = view.kind_name(view.rng.random() < 0.5)
    return one(view, "word", [f"Yes or no: is there {a(colour)} {kind}?", f"{a(colour).capitalize()} {kind}, yes or no?"], "Yes" if found else "No")


def word_place(view):
    if not (named := view.named(view.things)):
        return None
    thing, name = named[0]
    place = view.place(thing)
    return one(view, "word", [f"Where is the {name}, in few words?", f"Place of the {name}, in short?"], place.capitalize())


# ---------------------------------------------------------------- sentences


def sign_turn(view, sign, name):
    text = sign["text"]
    wordings = [
        f"What does the {name} say?", f"What is written on the {name}?", f"Read the {name}.", f"Which text is on the {name}?",
        f"What can you read on the {name}?", f"Can you read the {name} in the PICTURE?", f"Tell me what the {name} says.",
    ]  # fmt: skip
    return turn(view, wordings, f'The {name} says "{text}".', text, ask=("sign", {"NAME": name}))


def read(view):
    if not view.signs:
        if view.rng.random() < 0.7:
            return None
        return one(view, "sign", ["What does the sign say?", "Read the sign.", "What is written in the PICTURE?"], "There is no sign in this picture.", "no sign", ask=("sign", {"NAME": "sign"}))
    if len(view.signs) > 1 and view.rng.random() < 0.15:
        return every_sign(view)
    if not (named := view.named(view.signs)):
        return None
    return {"kind": "sign", "turns": [sign_turn(view, *named[0])]}


def every_sign(view):
    signs = sorted(view.signs, key=lambda s: s["x"])
    texts = listed([f'"{s["text"]}"' for s in signs])
    asked = "sign" if view.words != "own" and view.rng.random() < 0.3 else "text"
    wordings = ["What do the signs say, from left to right?", "Read all the signs from left to right."]
    return one(view, "sign", wordings, f"From left to right the signs say {texts}.", *(s["text"] for s in signs), ask=(asked, {"NAME": "sign"}))


def read_at(view):
    if not view.signs:
        return None
    sign = view.pick(view.signs)
    place = view.place(sign)
    if sum(view.place(s) == place for s in view.signs) > 1:
        return None
    wordings = [f"What is written {place}?", f"What does the sign {place} say?", f"Read the sign {place} of the PICTURE."]
    return one(view, "sign", wordings, f'The sign {place} says "{sign["text"]}".', sign["text"], ask=("sign at", {"PLACE": phrases.PLACES[place]}))


def colour_turn(view, thing, name=None):
    subject = name or thing["kind"]
    wordings = [f"What colour is the {subject}?", f"Which colour does the {subject} have?", f"Tell me the colour of the {subject}.", f"What is the colour of the {subject} in this PICTURE?"]
    return turn(view, wordings, f"The {subject} is {thing['colour']}.", thing["colour"], ask=("colour", {"NAME": subject}))


def colour(view):
    single = [s for s in view.shapes if sum(o["kind"] == s["kind"] for o in view.shapes) == 1]
    if len(view.signs) == 1:
        single = [*single, view.signs[0]]
    if not single:
        return None
    thing = view.pick(single)
    return {"kind": "colour", "turns": [colour_turn(view, thing, "sign" if "text" in thing else None)]}


def position_turn(view, thing, name):
    place = view.place(thing)
    wordings = [f"Where is the {name}?", f"Where in the PICTURE is the {name}?", f"In which part of the PICTURE is the {name}?", f"Where can I find the {name}?", f"What is the position of the {name}?"]
    return turn(view, wordings, f"The {name} is {place}.", place, ask=("position", {"NAME": name}))


def position(view):
    if not (named := view.named(view.things)):
        return None
    return {"kind": "position", "turns": [position_turn(view, *named[0])]}


def what_is_at(view):
    if not view.things:
        return None
    place = view.place(view.pick(view.things))
    there = [t for t in view.things if view.place(t) == place]
    if len(there) > 1:
        return None
    thing = phrase(there[0])
    return one(view, "position", [f"What is {place}?", f"What do you see {place}?", f"What can be seen {place} of the PICTURE?"], f"There is {thing} {place}.", thing[2:])


def count(view):
    luck = view.rng.random()
    if luck < 0.15:
        what, found = ("sign", "signs"), view.signs
    elif luck < 0.3:
        what, found = ("shape", "shapes"), view.shapes
    else:
        colour, kind, found = view.kind_name(view.rng.random() < 0.8)
        if luck < 0.6:
            what, found = (kind, plural(kind)), [s for s in view.shapes if s["kind"] == kind]
        elif luck < 0.75:
            what, found = (f"{colour} shape", f"{colour} shapes"), [s for s in view.shapes if s["colour"] == colour]
        else:
            what = f"{colour} {kind}", f"{colour} {plural(kind)}"
    answer, total = counted(view, found, *what)
    many = what[1]
    wordings = [f"How many {many} are there?", f"How many {many} do you see?", f"Count the {many}.", f"How many {many} are in the PICTURE?", f"What is the number of {many}?"]
    return one(view, "count", wordings, answer, total, ask=("count", {"MANY": many}))


def counted(view, found, single, many):
    """What is counted is told first: who has named them all knows how many there are."""
    total = f"{NUMBERS[len(found)]} {single if len(found) == 1 else many}"
    return (f"There is {told(view, found)}: {total} in all." if found else f"There are {total}."), total


def told(view, things):
    return ", ".join(f"{a(short_phrase(thing))} {view.place(thing)}" for thing in view.in_order(things))


def exists_turn(view, present):
    colour, kind, found = view.kind_name(present)
    name = f"{colour} {kind}"
    if view.words != "own" and view.rng.random() < 0.4:
        name, found = kind, [s for s in view.shapes if s["kind"] == kind]
    if not found:
        answer = f"No, there is no {name}."
    else:
        answer = f"Yes, there is {told(view, view.in_order(found)[:1])}."
    wordings = [f"Is there {a(name)}?", f"Is there {a(name)} in the PICTURE?", f"Do you see {a(name)}?", f"Can you find {a(name)}?", f"Does the PICTURE show {a(name)}?"]
    return turn(view, wordings, answer, "Yes" if found else "No", ask=("exists", {"A_NAME": a(name), "NAME": name})), found


def exists(view):
    return {"kind": "existence", "turns": [exists_turn(view, view.rng.random() < 0.5)[0]]}


def compare(view):
    luck = view.rng.random()
    if luck < 0.2:
        return extreme(view)
    if not (named := view.named(view.shapes if luck < 0.5 else view.things, 2)):
        return None
    (first, one_name), (second, other_name) = named
    return {"kind": "comparison", "turns": [made]} if (made := compare_turn(view, first, one_name, second, other_name, luck < 0.5)) else None


def compare_turn(view, first, one_name, second, other_name, by_size):
    if by_size:
        if first["size"] == second["size"]:
            return None
        large, small = (one_name, other_name) if first["r"] > second["r"] else (other_name, one_name)
        seen = f"the {one_name} is {first['size']} and the {other_name} is {second['size']}"
        words = {"ONE": one_name, "OTHER": other_name}
        luck = view.rng.random()
        if luck < 0.5:
            wordings = [f"Which is larger, the {one_name} or the {other_name}?", f"What is bigger, the {one_name} or the {other_name}?"]
            answer = f"T{seen[1:]}, so the {large} is larger."
            return turn(view, wordings, answer, f"so the {large} is larger", ask=("which is larger", words))
        wordings = [f"Is the {one_name} larger than the {other_name}?", f"Is the {one_name} bigger than the {other_name}?"]
        kind, wanted = ("is smaller", small) if view.words != "own" and luck > 0.75 else ("is larger", large)
        yes = "Yes" if wanted == one_name else "No"
        return turn(view, wordings, f"{yes}, {seen}.", yes, ask=(kind, words))
    before, after = view.pick([("to the left of", "to the right of"), ("above", "below")])
    asked = view.pick([before, after])
    wordings = [f"Is the {one_name} {asked} the {other_name}?", f"Does the {one_name} lie {asked} the {other_name}?"]
    return side_turn(view, wordings, first, one_name, second, other_name, asked)


def side_turn(view, wordings, first, one_name, second, other_name, side, kind="side"):
    """Yes or no, and what is seen; None if it is not clear."""
    axis = "y" if side in ("above", "below") else "x"
    gap = second[axis] - first[axis]
    if abs(gap) < CLEAR_GAP * view.side:
        return None
    yes = "Yes" if (gap > 0) == (side in ("to the left of", "above")) else "No"
    answer = f"{yes}, the {one_name} is {view.place(first)} and the {other_name} is {view.place(second)}."
    return turn(view, wordings, answer, yes, ask=(kind, {"ONE": one_name, "SIDE": phrases.SIDES[side], "OTHER": other_name}))


def extreme(view):
    shapes = sorted(view.shapes, key=lambda s: s["r"])
    if len(shapes) < 2:
        return None
    thing, next_to_it, word = (shapes[-1], shapes[-2], "largest") if view.rng.random() < 0.6 else (shapes[0], shapes[1], "smallest")
    if thing["size"] == next_to_it["size"]:
        return None
    name = f"{thing['colour']} {thing['kind']}"
    wordings = [f"Which shape is the {word}?", f"What is the {word} shape in the PICTURE?", f"Name the {word} shape."]
    return one(view, "comparison", wordings, f"The {word} shape is the {name}.", name, ask=("extreme", phrases.EXTREMES[word]))


def describe(view):
    parts = [f"{phrase(thing)} {view.place(thing)}" for thing in view.in_order(view.things)]
    ground = view.scene["ground"]["kind"]
    answer = f"On a {ground} ground there is {', '.join(parts)}." if parts else f"There is nothing on the {ground} ground."
    wordings = ["Describe the PICTURE.", "What is in the PICTURE?", "What do you see?", "Describe everything in the PICTURE.", "Give a whole description of the PICTURE.", "What does the PICTURE show?"]
    must = [p[2:] if p.startswith("a ") else p[3:] for p in parts]
    return one(view, "description", wordings, answer, *must, ask=("describe", {}))


def ground(view):
    kind = view.scene["ground"]["kind"]
    wordings = ["What is the ground like?", "What kind of background does the PICTURE have?", "Describe the ground."]
    return one(view, "ground", wordings, f"The ground is {kind}.", kind, ask=("ground", {}))


def absent(view):
    missing = [kind for kind in scenes.KINDS if all(s["kind"] != kind for s in view.shapes)]
    kind = view.pick(missing)
    wordings = [f"What colour is the {kind}?", f"Where is the {kind}?", f"Where in the PICTURE is the {kind}?", f"Tell me the colour of the {kind}."]
    ask = view.pick(["colour", "position", "size"]) if view.words != "own" else "colour"
    return one(view, "existence", wordings, f"There is no {kind} in this picture.", f"no {kind}", ask=(ask, {"NAME": kind}))


def refuse(view):
    if view.rng.random() < 0.15:
        return {"kind": "refusal", "turns": [{"question": view.pick(GREETINGS), "answer": WELCOME, "must": ["Ask me"]}]}
    return one(view, "refusal", OUTSIDE, REFUSAL, "only know drawn scenes")


# ---------------------------------------------------------------- what only people ask


def beyond_all(view):
    asked = people.listed(view.rng, view.words, "beyond") if isinstance(view.words, dict) else beyond.say(view.rng, view.words == "other")
    return {"kind": "beyond", "turns": [{"question": asked, "answer": REFUSAL, "must": ["only know drawn scenes"]}]}


def talk(view):
    answer, kind = view.pick([(WELCOME, "hello"), (THANKED, "thanks")])
    return one(view, "talk", [], answer, "Ask me", ask=(kind, {}))


def written(view):
    """Whatever is written."""
    if len(view.signs) > 1:
        return every_sign(view)
    if not view.signs:
        return one(view, "sign", [], "There is no sign in this picture.", "no sign", ask=("text", {}))
    text = view.signs[0]["text"]
    return one(view, "sign", [], f'The sign says "{text}".', text, ask=("text", {}))


def at(view):
    """Everything at a place, or that there is nothing; or whether there is anything."""
    place = view.place(view.pick(view.things)) if view.things and view.rng.random() < 0.75 else view.pick(view.pick(PLACES))
    found = [thing for thing in view.in_order(view.things) if view.place(thing) == place]
    if view.rng.random() < 0.15:
        answer = f"Yes, there is {told(view, found[:1])}." if found else f"No, there is nothing {place}."
        return one(view, "existence", [], answer, "Yes" if found else "No", ask=("any at", {"PLACE": phrases.PLACES[place]}))
    seen = [phrase(thing) for thing in found]
    answer = f"There is {', '.join(seen)} {place}." if seen else f"There is nothing {place}."
    must = [name.split(" ", 1)[1] for name in seen] or [f"nothing {place}"]
    return one(view, "position", [], answer, *must, ask=("at", {"PLACE": phrases.PLACES[place]}))


def total(view):
    answer, number = counted(view, view.things, "thing", "things")
    return one(view, "count", [], answer, number, ask=("total", {}))


def several(view):
    """Of a name that several have, all."""
    nouns = [noun for noun in (*scenes.KINDS, "sign") if len(view.alike(noun)) > 1]
    if not nouns:
        return None
    found = view.alike(noun := view.pick(nouns))
    must = [f"{short_phrase(thing)} {view.place(thing)}" for thing in found]
    return one(view, "position", [], f"There is {told(view, found)}.", *must, ask=(view.pick(["position", "colour"]), {"NAME": noun}))


def size(view):
    if not (named := view.named(view.shapes)):
        return None
    thing, name = named[0]
    return one(view, "size", [], f"The {name} is {thing['size']}.", thing["size"], ask=("size", {"NAME": name}))


def verify(view):
    """Whether a thing is of a colour, a size or at a place, half the time of its own."""
    if not (named := view.named(view.things)):
        return None
    thing, name = named[0]
    choices = ["position"] + ["colour"] * (thing["colour"] not in name) + ["size"] * ("size" in thing)
    asked, so = view.pick(choices), view.rng.random() < 0.5
    own = view.place(thing) if asked == "position" else thing[asked]
    others = {"position": [place for row in PLACES for place in row], "colour": scenes.COLOUR_NAMES, "size": scenes.SIZE_NAMES}[asked]
    said = own if so else view.pick([other for other in others if other != own])
    kind, word, spoken = {"position": ("is at", "PLACE", phrases.PLACES), "colour": ("is colour", "COL", {}), "size": ("is of size", "SIZE", phrases.SIZES)}[asked]
    yes = "Yes" if so else "No"
    return one(view, asked, [], f"{yes}, the {name} is {own}.", yes, own, ask=(kind, {"NAME": name, word: spoken.get(said, said)}))


def colours(view):
    found = list(dict.fromkeys(thing["colour"] for thing in view.in_order(view.things)))
    return one(view, "list", [], f"The colours are: {', '.join(found)}.", *found, ask=("colours", {})) if found else None


def listing(view):
    what, things = view.pick([("shapes", view.shapes), ("things", view.things)])
    found = [short_phrase(thing) for thing in view.in_order(things)]
    return one(view, "list", [], f"The {what} are: {', '.join(map(a, found))}.", *found, ask=(what, {})) if found else None


def of_colour(view):
    colour = view.pick(view.things)["colour"] if view.things and view.rng.random() < 0.7 else view.pick(scenes.COLOUR_NAMES)
    found = view.in_order([thing for thing in view.things if thing["colour"] == colour])
    if view.rng.random() < 0.6:
        answer = f"There is {told(view, found)}." if found else f"There is nothing {colour}."
        must = [short_phrase(thing) for thing in found] or [f"nothing {colour}"]
        return one(view, "list", [], answer, *must, ask=("which are", {"COL": colour}))
    answer = f"Yes, there is {told(view, found[:1])}." if found else f"No, there is nothing {colour}."
    return one(view, "existence", [], answer, "Yes" if found else "No", ask=("any of colour", {"COL": colour}))


def which_shape(view):
    thing = view.pick(view.shapes) if view.shapes else None
    if thing is None or sum(s["colour"] == thing["colour"] for s in view.shapes) > 1:
        return None
    colour = thing["colour"]
    return one(view, "colour", [], f"The {colour} shape is {a(thing['kind'])}.", thing["kind"], ask=("which shape", {"COL": colour}))


def sign_there(view):
    answer = f"Yes, there is {told(view, view.in_order(view.signs)[:1])}." if view.signs else "No, there is no sign."
    return one(view, "existence", [], answer, "Yes" if view.signs else "No", ask=("sign there", {}))


def next_to(view):
    """The nearest thing, if no other is nearly as near."""
    if not (named := view.named(view.things)):
        return None
    thing, name = named[0]
    near = sorted((math.dist((t["x"], t["y"]), (thing["x"], thing["y"])), n) for n, t in enumerate(view.things) if t is not thing)
    if not near or (len(near) > 1 and near[0][0] > 0.7 * near[1][0]):
        return None
    other = short_phrase(view.things[near[0][1]])
    return one(view, "beside", [], f"Nearest to the {name} is {a(other)}.", other, ask=("next to", {"NAME": name}))


def beside(view):
    """Everything on one side of a thing, if it is clear of all others."""
    if not (named := view.named(view.things)):
        return None
    thing, name = named[0]
    axis, sign, side = view.pick([("x", -1, "to the left of"), ("x", 1, "to the right of"), ("y", -1, "above"), ("y", 1, "below")])
    gaps = [(sign * (t[axis] - thing[axis]) / view.side, t) for t in view.things if t is not thing]
    if any(abs(gap) < CLEAR_GAP for gap, _ in gaps):
        return None
    found = [t for gap, t in gaps if gap > 0]
    words = {"SIDE": phrases.SIDES[side], "NAME": name}
    if view.rng.random() < 0.15:
        answer = f"Yes, there is {told(view, found[:1])}." if found else f"No, there is nothing {side} the {name}."
        return one(view, "existence", [], answer, "Yes" if found else "No", ask=("any beside", words))
    answer = f"There is {told(view, found)}." if found else f"There is nothing {side} the {name}."
    must = [short_phrase(t) for t in found] or ["nothing"]
    return one(view, "beside", [], answer, *must, ask=("beside", words))


# ---------------------------------------------------------------- follow-ups


def follow_up(view):
    """A first turn about a thing, then one or two that call it "it"."""
    if not (named := view.named(view.things)):
        return None
    thing, name = named[0]
    if "text" in thing:
        turns = [sign_turn(view, thing, name)]
        choices = [it_where(view, thing, name), it_colour(view, thing, name)]
    else:
        turns = [position_turn(view, thing, name)]
        choices = [it_size(view, thing, name), it_colour(view, thing, name)]
        if view.rng.random() < 0.4:
            first, found = exists_turn(view, True)
            if len(found) == 1:
                thing, name = found[0], f"{found[0]['colour']} {found[0]['kind']}"
                turns = [first]
                choices = [it_where(view, thing, name), it_size(view, thing, name)]
    others = [(other, other_name) for other, other_name in view.named(view.things, 1) or [] if other is not thing]
    if others:
        other, other_name = others[0]
        where = view.place(other)
        wordings = [f"And where is the {other_name}?", f"Where is the {other_name} then?"]
        choices.append(turn(view, wordings, f"The {other_name} is {where}.", where, ask=("position", {"NAME": other_name})))
        if (compared := it_against(view, thing, name, other, other_name)) is not None:
            choices.append(compared)
    picked = view.rng.permutation(len(choices))[: 1 + int(view.rng.random() < 0.35)]
    # "It" stays the thing of the first turn: a turn that names another thing comes last.
    turns += [choices[i] for i in sorted(picked)]
    return {"kind": "follow-up", "turns": turns}


def it_where(view, thing, name):
    place = view.place(thing)
    return turn(view, ["Where is it?", "And where is it?", "In which part of the PICTURE is it?"], f"The {name} is {place}.", place, ask=("it where", {}))


def it_colour(view, thing, name):
    noun = "sign" if "text" in thing else thing["kind"]
    return turn(view, ["What colour is it?", "And its colour?", "Which colour does it have?"], f"The {noun} is {thing['colour']}.", thing["colour"], ask=("it colour", {}))


def it_size(view, thing, name):
    return turn(view, ["How large is it?", "And its size?", "Is it large or small?"], f"The {name} is {thing['size']}.", thing["size"], ask=("it size", {}))


def it_against(view, thing, name, other, other_name):
    side = "to the left of" if view.words == "own" else view.pick(list(phrases.SIDES))
    wordings = [f"Is it to the left of the {other_name}?", f"Does it lie to the left of the {other_name}?"]
    return side_turn(view, wordings, thing, name, other, other_name, side, "it side")


def and_other(view):
    """A question about one thing, then the same about another, or whether that is so."""
    if not (named := view.named(view.things, 2)):
        return None
    both = [thing for thing, _ in named]
    choices = ["position"]
    if all("text" in thing for thing in both):
        choices.append("sign")
    if not any("text" in thing for thing in both):
        choices.append("size")
    if not any(thing["colour"] in name for thing, name in named):
        choices.append("colour")
    asked = view.pick(choices)

    def told_of(thing, name, ask):
        value = view.place(thing) if asked == "position" else thing["text" if asked == "sign" else asked]
        return turn(view, [], f'The {name} says "{value}".' if asked == "sign" else f"The {name} is {value}.", value, ask=ask)

    first = told_of(*named[0], (asked, {"NAME": named[0][1]}))
    if view.rng.random() < 0.25:
        second = turn(view, [], "Yes, I am sure.", "Yes", ask=("sure", {}))
    else:
        alike = view.alike(noun_of(both[0]))
        is_other_one = len(alike) == 2 and both[1] in alike
        second = told_of(*named[1], ("other one" if is_other_one else "and other", {"OTHER": named[1][1]}))
    return {"kind": "follow-up", "turns": [first, second]}


#: Makers and how often each is asked.
EASY = [(letter, 5), (bare_text, 2), (word_colour, 1.5), (word_shape, 1), (word_count, 3), (word_exists, 4), (word_place, 1.5)]
FULL = [
    (read, 5), (read_at, 1.5), (colour, 1.5), (position, 1.5), (what_is_at, 1), (count, 4), (exists, 4), (compare, 6), (describe, 5),
    (ground, 0.4), (absent, 0.8), (refuse, 0.8), (follow_up, 4),
]  # fmt: skip
#: In people's words.
PEOPLES = [
    (read, 3), (written, 2), (read_at, 1.2), (colour, 2), (position, 2), (at, 2.5), (count, 5), (total, 2), (exists, 3), (compare, 7),
    (describe, 5), (ground, 0.5), (absent, 1), (beyond_all, 6), (talk, 0.8), (follow_up, 4), (and_other, 3), (size, 1), (colours, 1.5),
    (listing, 4), (of_colour, 2), (which_shape, 1), (sign_there, 1), (next_to, 6), (beside, 6),
    (several, 1.5), (verify, 3),
]  # fmt: skip


def corpus(rng, count):
    """Texts to train the tokenizer on: one scene each, the texts of signs left out."""
    for _ in range(count):
        scene = scenes.make_scene(rng)
        for sign in scene["signs"]:
            sign["text"] = "?"
        for made in conversations(rng, scene, 8, 0.2, "mixed"):
            for t in made["turns"]:
                # Shouted words would merge the letters of signs.
                if not t["question"].isupper():
                    yield t["question"]
                yield t["answer"]
    yield from OUTSIDE
    yield UNKNOWN
