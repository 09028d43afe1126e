"""Held-out scenes, none of them one of the training: as pictures to look at, and as data for `npm run eval`.

    python draw.py OUT --count 300 [--first 0] [--pixels 1008] [--side 672] [--questions 16]
writes OUT/scene-00000.png, ..., and OUT/scenes.json: [{file, seed, scene, conversations}].

    python draw.py --data test/eval/held-out.json.gz --count 300 --side 336 [--questions 6]
writes no picture, as the app draws them itself: {seed, side, scenes: [{number, scene, conversations}]}, one scene a line.

    python draw.py --words test/eval/other-words.json.gz --count 300 --first 1000 --side 336 --questions 6
writes the same of other scenes, every second one of them full, asked in the words of people that are held out; with
--list FILE, {kind: [wording]}, in those of that file.

    python draw.py --parts test/eval/parts.json.gz --count 300 --side 336 --questions 6
writes parts of scenes, with the whole and `part`, left, top and side, asked in the words of the training, half of them in people's.

    python draw.py --unknown test/eval/unknown --count 60
writes pictures that are no scenes, of makes that are held out, and unknown/questions.json: {file: [question]}, of these and of the
gallery of the app."""

import argparse
import json
from pathlib import Path

import torch
from PIL import Image

import data
import negatives
import questions
import scenes
from files import write_json, write_text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--data", type=Path, help="write this file instead of pictures")
    parser.add_argument("--words", type=Path, help="write this file of questions in other words")
    parser.add_argument("--list", type=Path, help="of wordings, by the kinds of phrases.py, for --words")
    parser.add_argument("--parts", type=Path, help="write this file of questions about parts of scenes")
    parser.add_argument("--unknown", type=Path, help="write pictures that are no scenes into this folder")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--pixels", type=int, default=1008, help="side of the files")
    parser.add_argument("--side", type=int, default=672, help="side of what the model sees, in which lengths are given")
    parser.add_argument("--questions", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.data or args.words or args.parts:
        write_data(args)
    elif args.unknown:
        write_unknown(args)
    elif args.out:
        write_pictures(args)
    else:
        parser.error("OUT, --data, --words, --parts or --unknown is needed")


def held_out(args, questions_each):
    """Number, what is drawn, the part of it that is looked at, and what is asked."""
    words = json.loads(args.list.read_text()) if args.list else "other" if args.words else "own"
    for number in range(args.first, args.first + args.count):
        if args.parts:
            rng = data.seeded(args.seed, data.HELD_OUT, data.PARTS, number)
            whole, part = scenes.make_part(rng, args.side)
            yield number, whole, part, questions.conversations(rng, scenes.part_of(whole, *part), questions_each, 0.1, "people" if number % 2 else "own")
            continue
        rng = data.seeded(args.seed, data.HELD_OUT, number)
        scene = scenes.make_scene(rng, args.side, full=bool(args.words) and number % 2 == 1)
        yield number, scene, None, questions.conversations(rng, scene, questions_each, 0.1, words)


def write_pictures(args):
    args.out.mkdir(parents=True, exist_ok=True)
    render, listed = scenes.Renderer("cpu"), []
    for number, scene, _, asked in held_out(args, args.questions):
        image, _ = render(scenes.scaled(scenes.stack([scene]), args.pixels / args.side), args.pixels)
        file = f"scene-{number:05}.png"
        Image.fromarray((image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()).save(args.out / file)
        listed.append({"file": file, "seed": [args.seed, data.HELD_OUT, number], "scene": scene, "conversations": asked})
    write_json(args.out / "scenes.json", listed)


def write_data(args):
    lines = []
    # Out of three times as many: every kind in turn, so that rare ones are asked as well as frequent ones.
    for number, scene, part, asked in held_out(args, 3 * args.questions):
        full = [made for made in asked if made["kind"] not in ("letter", "word")]
        earlier = [sum(other["kind"] == made["kind"] for other in full[:i]) for i, made in enumerate(full)]
        order = sorted(range(len(full)), key=lambda i: (earlier[i], i))
        chosen = [full[i] for i in order[: args.questions]]
        chat = [full[i] for i in order[args.questions : args.questions + 3]]
        for made in chosen + chat:
            # Of a description everything is asked: its answer says what that is.
            if made["kind"] == "description":
                made["turns"] = [{"question": t["question"], "answer": t["answer"]} for t in made["turns"]]
        if args.data:
            # One question after another, as people ask.
            chosen.append({"kind": "chat", "turns": [turn for made in chat for turn in made["turns"]]})
        seen = {"scene": rounded(scene)} | ({"part": rounded(list(part))} if part else {})
        lines.append(json.dumps({"number": number, **seen, "conversations": chosen}, separators=(",", ":")))
    head = f'{{"seed":{args.seed},"side":{args.side},"scenes":['
    write_text(args.data or args.words or args.parts, head + "\n" + ",\n".join(lines) + "\n]}\n")


def write_unknown(args):
    args.unknown.mkdir(parents=True, exist_ok=True)
    gallery = sorted((Path(__file__).parent.parent / "samples").glob("*.webp"))
    asked = {}
    for number in range(args.count + len(gallery)):
        rng = data.seeded(args.seed, data.HELD_OUT, data.UNKNOWN, number)
        if number < args.count:
            file = f"{number:03}.webp"
            Image.fromarray(negatives.make(rng, 448, held_out=True)).save(args.unknown / file, quality=60)
        else:
            file = f"samples/{gallery[number - args.count].name}"
        asked[file] = [made["turns"][0]["question"] for made in questions.unknown(rng, 3, other=True)]
    write_json(args.unknown / "questions.json", asked)


def rounded(value):
    """Hundredths of a pixel and of a radian, which no picture shows; a period needs more."""
    if isinstance(value, dict):
        return {key: round(v, 4) if key == "period" else rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return round(value, 2) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
