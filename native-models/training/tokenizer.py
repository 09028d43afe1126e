"""Byte-level BPE in Llama 3's format, trained on the questions and answers themselves, and the chat template."""

import json

import questions
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SPECIAL = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|unknown_picture|>", "<|beyond|>",
    "<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_2|>", "<|eot_id|>", "<pad>",
]  # fmt: skip
#: What begins the answers that decline, so that nobody has to compare words.
CLASSES = {questions.UNKNOWN: "<|unknown_picture|>", questions.REFUSAL: "<|beyond|>"}
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)


def train(texts, size):
    """`texts` without the texts of signs, so that no two of their letters are merged: a sign is read letter by letter."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    split = pre_tokenizers.Split(Regex(LLAMA3_SPLIT), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL), min_frequency=3, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator([*texts, *[SYSTEM, "system", "user", "assistant"] * 50], trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    begin = SPECIAL[0]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{begin} $A", special_tokens=[(begin, tokenizer.token_to_id(begin))])
    return tokenizer


def save(tokenizer, folder):
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": SPECIAL[0], "eos_token": SPECIAL[1], "pad_token": SPECIAL[-1]}
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    added = {str(tokenizer.token_to_id(token)): {"content": token, **plain} for token in SPECIAL}
    config = {**names, "model_max_length": 2048, "padding_side": "right", "tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": added}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
    (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=2))


class Chat:
    """Token ids of conversations in `conv_llama3` (docs/inference.md, Prompt)."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.id = {token: tokenizer.token_to_id(token) for token in SPECIAL}
        self.end, self.pad = self.id["<|eot_id|>"], self.id["<pad>"]
        begin = self.id["<|begin_of_text|>"]
        #: Before the picture. The tokenizer puts its own BOS in front of the template's.
        self.before = [begin, begin, *self.header("system"), *self.text(SYSTEM), self.end, *self.header("user")]
        #: Between the picture and the question.
        self.after = self.text("\n")

    def text(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def header(self, role):
        return [self.id["<|start_header_id|>"], *self.text(role), self.id["<|end_header_id|>"], *self.text("\n\n")]

    def answer(self, text):
        # Tokenizers from before these classes do not have their tokens.
        mark = self.id.get(CLASSES.get(text))
        return ([] if mark is None else [mark]) + self.text(text) + [self.end]

    def turns(self, turns):
        """Ids of [(question, answer)] after the picture, and which of them are an answer's, its end included."""
        ids, answer = [], []
        for number, (question, reply) in enumerate(turns):
            asked = (self.header("user") if number else []) + self.text(question) + [self.end] + self.header("assistant")
            said = self.answer(reply)
            ids += asked + said
            answer += [False] * len(asked) + [True] * len(said)
        return ids, answer
