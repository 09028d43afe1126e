"""Trains the demo model, stage after stage, in a given time; stops at `--call-minutes` and goes on from there when called
again with the same --run. At the end, and at every stop, it writes RUN/checkpoint (and its parts into --out). Under torchrun
every process has batches of its own, and all of them the mean of the gradients."""

import argparse
import json
import math
import os
import platform
import time
from pathlib import Path

import numpy as np
import tokenizers
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

import data
import negatives
import questions
from evaluate import answers_right, held_out, percent
from export import export, load_weights, pack
from model import PRESETS, InfLlava
from stages import STAGES, Heads, Teacher
from tokenizer import Chat, train

HEADS = "training/heads.safetensors"
SAVE_SECONDS = 150
MEASURE_EVERY = 20  # log lines
#: Time kept at the end of a call to measure, to write and to pack.
CLOSING_SECONDS = 25


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run's state")
    parser.add_argument("--out", type=Path, help="where to put the checkpoint in parts of 15 MiB")
    parser.add_argument("--minutes", type=float, default=21, help="of training in all, over all calls")
    parser.add_argument("--call-minutes", type=float, default=9.2, help="of this call")
    parser.add_argument("--preset", choices=PRESETS, default="demo")
    parser.add_argument("--batch", type=int, default=64, help="scenes a step")
    parser.add_argument("--questions", type=int, default=36, help="drawn for each scene; those that fit are used")
    parser.add_argument("--room", type=int, default=768, help="ids of questions and answers in a sequence")
    parser.add_argument("--window", type=int, default=768, help="of the ids that one conversation can have")
    parser.add_argument("--cut", type=float, default=0.0, help="share of conversations of whose last answer only the beginning is learnt")
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--held-out", type=int, default=256, help="scenes to measure on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.0, help="of the stages' own rates")
    parser.add_argument("--compile", action="store_true", help="torch.compile the layers")
    parser.add_argument("--stages", nargs="+", choices=[s.name for s in STAGES], default=[s.name for s in STAGES if not s.people])
    parser.add_argument("--kept", type=Path, help="folder of pictures.py, for the stage that takes its pictures from there")
    parser.add_argument("--photographs", type=Path, help="folder of photographs, parts of which are pictures that it does not know")
    parser.add_argument("--unknown", type=float, default=negatives.UNKNOWN, help="share of pictures that are no scenes, where there are any")
    parser.add_argument("--new-tokenizer", action="store_true", help="train another one; rows of tokens that were known before are kept")
    parser.add_argument("--tower", type=Path, help="folder of a run that trained the tower, and DEM")
    parser.add_argument("--language", type=Path, help="folder of a run that trained the Llama")
    parser.add_argument("--threads", type=int, help="of the processor")
    parser.add_argument("--from", dest="start", type=Path, help="an earlier checkpoint to go on from")
    args = parser.parse_args()
    if args.new_tokenizer and args.language:
        parser.error("--new-tokenizer does not go with --language, whose rows are of the tokens it was trained with")
    return args


#: torch's Muon computes in bfloat16, which processors without it emulate, twenty times as slowly as float32.
HAS_BFLOAT16 = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()


def orthogonal(gradient, coefficients, steps, eps):
    """torch's iteration of Newton and Schulz, in float32."""
    a, b, c = coefficients
    wide = gradient if gradient.shape[0] <= gradient.shape[1] else gradient.T
    wide = wide / wide.norm().clamp(min=eps)
    for _ in range(steps):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide if gradient.shape[0] <= gradient.shape[1] else wide.T


if not HAS_BFLOAT16:
    torch.optim._muon._zeropower_via_newtonschulz = orthogonal


class Run:
    def __init__(self, args):
        self.args = args
        self.began = time.monotonic()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        #: torchrun's, of this process and of all.
        self.rank, self.ranks = (int(os.environ.get(name, default)) for name, default in (("RANK", 0), ("WORLD_SIZE", 1)))
        if self.ranks > 1:
            dist.init_process_group("gloo")
        self.stages = [(number, stage) for number, stage in enumerate(STAGES) if stage.name in args.stages]
        if args.threads:
            torch.set_num_threads(args.threads)
        torch.manual_seed(args.seed)
        torch.set_float32_matmul_precision("high")
        args.run.mkdir(parents=True, exist_ok=True)
        if self.rank > 0:
            dist.barrier()
        self.tokenizer = self.open_tokenizer()
        if self.ranks > 1 and self.rank == 0:
            dist.barrier()
        sizes = PRESETS[args.preset]
        sizes.vocabulary = self.tokenizer.get_vocab_size()
        self.sizes = sizes
        self.model, self.heads = InfLlava(sizes), Heads(sizes)
        #: What a later call goes on from, with the weights.
        self.progress = {"stage": 0, "step": 0, "seconds": 0.0, "history": [], "scenes": 0}
        if args.start:
            load_weights(self.model, args.start, Tokenizer.from_file(str(args.start / "tokenizer.json")), self.tokenizer)
            self.heads.load_state_dict({name: tensor.float() for name, tensor in load_file(args.start / HEADS).items()})
            card = json.loads((args.start / "card.json").read_text())
            self.progress["history"] = card["stages"]
        self.model.to(self.device), self.heads.to(self.device)
        if args.compile:
            for layer in (*self.model.tower.encoder.layers, *self.model.model.layers):
                layer.compile()
        self.packer = data.Packer(Chat(self.tokenizer), sizes.tokens, args.room, args.window, args.cut)
        self.teacher = Teacher(self.model, self.heads, self.device)
        #: AdamW's, and Muon's where there is something for it.
        self.optimizers = []
        self.state_file = args.run / "state.pt"
        if self.state_file.exists():
            self.load()
        else:
            self.take(args.tower, ("model.vision_tower", "model.spatial_embed", "model.mm_projector"), ("tower", "dem"))
            self.take(args.language, ("model.embed_tokens", "model.layers", "model.norm", "lm_head"), ("oracle",))

    def open_tokenizer(self):
        args = self.args
        earlier = args.start or args.language
        known = earlier and not args.new_tokenizer and earlier / "tokenizer.json"
        file = args.run / "tokenizer.json"
        if known and not file.exists():
            file.write_text(known.read_text())
        if not file.exists():
            made = train(questions.corpus(data.seeded(args.seed, data.TRAIN, 0, 0), 2000), args.vocabulary)
            made.save(str(file))
        return Tokenizer.from_file(str(file))

    def load(self):
        state = torch.load(self.state_file, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.progress = state["progress"]
        if self.progress["stage"] < len(self.stages):
            self.optimizers = self.make_optimizers(self.stages[self.progress["stage"]][1])
            for optimizer, saved in zip(self.optimizers, state["optimizers"]):
                optimizer.load_state_dict(saved)

    def take(self, run, parts, heads):
        """Takes over what another run has trained."""
        if run is None:
            return
        state = torch.load(run / "state.pt", map_location=self.device)
        self.model.load_state_dict({k: v for k, v in state["model"].items() if k.startswith(parts)}, strict=False)
        self.heads.load_state_dict({k: v for k, v in state["heads"].items() if k.startswith(heads)}, strict=False)
        history = self.progress["history"]
        # Both may have begun from the same one.
        history += [line for line in state["progress"]["history"] if line not in history]

    def agreed(self, *values):
        """The mean over all processes of each value, the same for all of them."""
        if self.ranks == 1:
            return values
        means = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(means)
        return (means / self.ranks).tolist()

    def average(self, gradients):
        if self.ranks > 1:
            flat = torch.cat([gradient.flatten() for gradient in gradients])
            dist.all_reduce(flat)
            torch._foreach_copy_(gradients, [part.view_as(g) for g, part in zip(gradients, (flat / self.ranks).split([g.numel() for g in gradients]))])

    def save(self):
        if self.rank > 0:
            return
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        state = {"model": self.model.state_dict(), "heads": self.heads.state_dict(), "optimizers": optimizers, "progress": self.progress}
        part = self.state_file.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.state_file)

    def seconds_left(self):
        return self.args.call_minutes * 60 - (time.monotonic() - self.began) - CLOSING_SECONDS

    def autocast(self):
        return torch.autocast(self.device.type, torch.bfloat16, HAS_BFLOAT16)

    # ------------------------------------------------------------ a stage

    def make_optimizers(self, stage):
        body, tower = self.model.model, self.model.tower
        seeing = [body.spatial_embed, self.heads.dem, self.heads.tower, body.mm_projector]
        llama = [body.embed_tokens, body.layers, body.norm, self.model.lm_head]
        modules = {"tower": [self.heads.tower], "language": [self.heads.oracle, *llama], "fluency": llama, "words": llama, "dem": seeing}.get(stage.name, [*seeing, *llama])
        groups = [(p, stage.rate) for module in modules for p in module.parameters()]
        groups += [(p, stage.rate * stage.tower) for p in tower.parameters() if stage.tower]
        by_kind = {}
        groups = [(p, rate * self.args.rate) for p, rate in groups]
        # Muon for the matrices between tokens and tokens, as it was made for; AdamW for all else.
        inner = {id(p) for module in (tower.encoder, body.spatial_embed, body.mm_projector, body.layers) for p in module.parameters() if p.dim() == 2}
        for parameter, rate in groups:
            by_kind.setdefault((rate, parameter.dim() > 1, id(parameter) in inner), []).append(parameter)
        options = {True: [], False: []}
        for (rate, is_matrix, is_inner), parameters in by_kind.items():
            options[is_inner].append({"params": parameters, "lr": rate, "peak": rate, "weight_decay": 0.05 if is_matrix else 0.0})
        adam = torch.optim.AdamW(options[False], betas=(0.9, 0.98), fused=True)
        return [adam, torch.optim.Muon(options[True], adjust_lr_fn="match_rms_adamw")] if options[True] else [adam]

    def batches(self, number, stage, first):
        args = self.args
        if stage.kept:
            make = data.MakeKept(args.seed, number, args.kept, args.batch, self.packer, stage.easy, args.questions)
        elif stage.answers:
            photographs = negatives.photographs(args.photographs) if args.photographs else []
            make = data.MakeAnswers(
                *(args.seed, number, self.sizes.side, args.batch, self.packer, stage.easy, args.questions),
                photographs if stage.people else None,
                args.unknown,
            )
        elif stage.tiles:
            whole = max(1, args.batch // 4)
            make = data.MakeScenes(args.seed, number, self.sizes.side, whole, whole * stage.tiles)
        else:
            make = data.MakeScenes(args.seed, number, self.sizes.side, args.batch, 0)
        return data.batches(lambda step: make(step * self.ranks + self.rank), first, args.workers)

    def train_stage(self, number, stage):
        """False if the call's time ran out before the stage's."""
        shares = sum(each.share for _, each in self.stages)
        progress, budget = self.progress, stage.share / shares * self.args.minutes * 60
        if not self.optimizers:
            self.optimizers = self.make_optimizers(stage)
        every_group = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        parameters = [p for group in every_group for p in group["params"]]
        source, saved, mark, waited = self.batches(number, stage, progress["step"]), time.monotonic(), time.monotonic(), 0.0
        losses, lines, since = [], 0, progress["step"]
        last = time.monotonic()
        while progress["seconds"] < budget:
            asked = time.monotonic()
            batch = data.to_device(next(source), self.device)
            waited += time.monotonic() - asked
            part = progress["seconds"] / budget
            # Up in the first hundredth, down to a twentieth on a cosine.
            scale = min(1, part / 0.01 + 0.01) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * part)))
            for group in every_group:
                group["lr"] = group["peak"] * scale
            with self.autocast():
                loss = self.teacher.loss(stage, batch, self.packer)
            for parameter in parameters:
                parameter.grad = None
            loss.backward()
            self.average([p.grad for p in parameters if p.grad is not None])
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            for optimizer in self.optimizers:
                optimizer.step()
            losses.append(loss.detach())
            progress["step"] += 1
            whole = len(batch["pictures"]) if stage.kept else len(batch["whole"]["ground"])
            progress["scenes"] += self.ranks * (whole + (len(batch["tiles"]["ground"]) if batch.get("tiles") else 0))
            now = time.monotonic()
            progress["seconds"], over = self.agreed(progress["seconds"] + now - last, float(self.seconds_left() < 0))
            last = now
            if self.rank == 0 and now - mark > 5:
                speed = self.ranks * (progress["step"] - since) * whole / (now - mark)
                line = {"stage": stage.name, "step": progress["step"], "seconds": round(progress["seconds"]), "loss": round(torch.stack(losses).mean().item(), 4)}
                line |= {"scenes_per_second": round(speed, 1), "waited": round(waited / (now - mark), 2)}
                if lines % MEASURE_EVERY == MEASURE_EVERY - 1:
                    line |= self.measure_dense(stage, batch)
                self.log(line)
                mark, waited, losses, since, lines = time.monotonic(), 0.0, [], progress["step"], lines + 1
                if now - saved > SAVE_SECONDS:
                    self.save()
                    saved = time.monotonic()
                last = time.monotonic()
            if over:
                return False
        return True

    def measure_dense(self, stage, batch):
        with self.autocast():
            return {key: round(value, 3) for key, value in self.teacher.measure(stage, batch).items()}

    def end_stage(self, number, stage):
        progress = self.progress
        if self.rank == 0:
            progress["history"].append(self.measured(number, stage))
        progress["stage"], progress["step"], progress["seconds"] = progress["stage"] + 1, 0, 0.0
        progress["scenes"] = 0
        self.optimizers = []
        self.save()

    def measured(self, number, stage):
        progress = self.progress
        held = data.MakeScenes(self.args.seed, number, self.sizes.side, min(32, self.args.held_out), 64 if stage.tiles else 0)
        held.at = (self.args.seed, data.HELD_OUT, 1 << 20)
        line = {"stage": stage.name, "ended": True, "steps": progress["step"], "minutes": round(progress["seconds"] / 60, 2)}
        line |= {"scenes": progress["scenes"], "seed": self.args.seed}
        line |= {"held_out": self.measure_dense(stage, data.to_device(held(0), self.device))}
        if stage.answers:
            line["answers"] = self.accuracy(stage)
        self.log(line)
        return line

    def accuracy(self, stage):
        args = self.args
        batches = held_out(args.seed, self.sizes.side, self.packer, min(args.batch, 32), args.held_out)
        with self.autocast():
            return percent(answers_right(lambda b: self.teacher.pictures(stage, b), self.model, self.device, batches, self.packer))

    # ------------------------------------------------------------ all of them

    def go(self):
        finished = True
        while self.progress["stage"] < len(self.stages) and finished:
            number, stage = self.stages[self.progress["stage"]]
            finished = self.train_stage(number, stage)
            if finished:
                self.end_stage(number, stage)
        if self.rank > 0:
            return
        self.save()
        folder = self.args.run / "checkpoint"
        export(self.model, self.tokenizer, folder, self.card(finished))
        # Not of the published layout, but needed to go on from here.
        (folder / HEADS).parent.mkdir(exist_ok=True)
        save_file({name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in self.heads.state_dict().items()}, folder / HEADS)
        if self.args.out:
            pack(folder, self.args.out)
        self.log({"finished": finished, "checkpoint": str(folder)})

    def card(self, finished):
        # A mean of runs has a line as well, but took no time and saw nothing.
        args, history = self.args, self.progress["history"]
        answers = [line["answers"] for line in history if "answers" in line]
        return {
            "name": "INF-LLaVA demo", "trained_on": "drawn scenes of shapes and signs; no photographs", "finished": finished,
            "sizes": self.sizes.as_dict(), "seed": args.seed, "scenes": sum(line.get("scenes", 0) for line in history), "batch": args.batch,
            "hours": round(sum(line.get("minutes", 0) for line in history) / 60, 3), "stages": history,
            "accuracy_in_pytorch": answers[-1] if answers else None, "held_out_scenes": args.held_out,
            "device": torch.cuda.get_device_name() if self.device.type == "cuda" else platform.processor() or platform.machine(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__, "tokenizers": tokenizers.__version__},
        }  # fmt: skip

    def log(self, line):
        text = json.dumps(line)
        print(text, flush=True)
        with open(self.args.run / "log.jsonl", "a") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    Run(arguments()).go()
