"""INF-LLaVA with the published tensor names (../convert/checkpoint/expected-tensors.ts), in the short exact form of DEM:
nine local crops and global crop 4, which is also the base image (docs/inference.md, Ten passes for nineteen). n is 3 here, always."""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

N = 3
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass
class Sizes:
    tile: int = 224
    patch: int = 14
    width: int = 256
    inner: int = 1024
    heads: int = 4
    layers: int = 6  # that run; the file has one more, as CLIP's
    llm_width: int = 384
    llm_inner: int = 1024
    llm_heads: int = 6
    llm_kv_heads: int = 3
    llm_layers: int = 6
    vocabulary: int = 0
    context: int = 2048

    @property
    def grid(self):
        return self.tile // self.patch

    @property
    def tokens(self):
        return self.grid**2

    @property
    def side(self):
        return N * self.tile

    as_dict = asdict


PRESETS = {
    "demo": Sizes(),
    # Learns in an hour and a half on two cores.
    "processor": Sizes(tile=112, width=128, inner=512, heads=4, layers=4, llm_width=192, llm_inner=512, llm_heads=6, llm_kv_heads=3, llm_layers=8),
    # For trying the code.
    "small": Sizes(tile=112, width=64, inner=128, heads=2, layers=2, llm_width=96, llm_inner=192, llm_heads=3, llm_kv_heads=3, llm_layers=2),
}


# ---------------------------------------------------------------- vision tower (CLIP)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        q, k, v = (split_heads(p(x), self.heads) for p in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(join_heads(attend(q, k, v)))


class QuickGeluMlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x))


class TowerLayer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.self_attn, self.mlp = Attention(s.width, s.heads), QuickGeluMlp(s.width, s.inner)
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(s.width), nn.LayerNorm(s.width)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Embeddings(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(s.width) * 0.02)
        self.patch_embedding = nn.Conv2d(3, s.width, s.patch, s.patch, bias=False)
        self.position_embedding = nn.Embedding(s.tokens + 1, s.width)
        nn.init.normal_(self.position_embedding.weight, std=0.02)

    def forward(self, pixels):
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        first = self.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        return torch.cat([first, patches], 1) + self.position_embedding.weight


class Encoder(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.layers = nn.ModuleList(TowerLayer(s) for _ in range(s.layers))


class Tower(nn.Module):
    """`hidden_states[-2]` without the class token: [B, 3, S, S] -> [B, T, D]."""

    def __init__(self, s):
        super().__init__()
        self.embeddings = Embeddings(s)
        self.pre_layrnorm = nn.LayerNorm(s.width)
        self.encoder = Encoder(s)

    def forward(self, pixels):
        x = self.pre_layrnorm(self.embeddings(pixels))
        for layer in self.encoder.layers:
            x = layer(x)
        return x[:, 1:]


def attend(q, k, v, mask=None, causal=False):
    """In float32 on a processor: bfloat16 is several times slower there on the way back."""
    with torch.autocast(q.device.type, enabled=False):
        out = F.scaled_dot_product_attention(*(t.float() if q.device.type == "cpu" else t for t in (q, k, v)), attn_mask=mask, is_causal=causal)
    return out.to(q.dtype)


def split_heads(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(-3, -2)


def join_heads(x):
    return x.transpose(-3, -2).flatten(-2)


# ---------------------------------------------------------------- DEM


class SharedAttention(nn.Module):
    HEADS = 8

    def __init__(self, width):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(width, width) for _ in range(4))
        self.ln = nn.LayerNorm(width)

    def forward(self, query, keys, mask=None):
        wq, wk, wv, wo = self.linears
        q, k, v = split_heads(wq(query), self.HEADS), split_heads(wk(keys), self.HEADS), split_heads(wv(keys), self.HEADS)
        return self.ln(wo(join_heads(attend(q, k, v, mask))) + query)


class SpatialEmbed(nn.Module):
    """local [B, 9, T, D], global crop 4 [B, T, D] -> [B, T, D], the mean with the base features included."""

    def __init__(self, s):
        super().__init__()
        self.grid = s.grid
        self.attention = SharedAttention(s.width)
        self.ffn_crop, self.ffn_stride = (
            nn.Sequential(nn.Linear(s.width, s.width // 16), nn.GELU(), nn.Linear(s.width // 16, s.width // 2)) for _ in range(2)
        )
        self.ln_fuse = nn.LayerNorm(s.width)
        # Token (i, j) of global crop 4 is at (3i + 1, 3j + 1) of the map, so it asks the local crop that lies there.
        crop = (N * torch.arange(s.grid) + 1) // s.grid
        crop = (crop[:, None] * N + crop[None, :]).flatten()
        window = crop[:, None] == torch.arange(N * N * s.tokens)[None, :] // s.tokens
        self.register_buffer("window", window, persistent=False)

    def forward(self, local, globe):
        g = self.grid
        sampled = local_map(local, g)[:, 1::N, 1::N].flatten(1, 2)
        crop = self.attention(sampled, globe)
        stride = self.attention(globe, local.flatten(1, 2), self.window)
        fused = torch.cat([self.ffn_crop(crop), self.ffn_stride(stride)], -1) + stride + crop
        return (globe + self.ln_fuse(fused)) / 2


def local_map(local, g):
    """[B, 9, T, D] -> [B, 3g, 3g, D], crops put in their places."""
    return local.unflatten(2, (g, g)).unflatten(1, (N, N)).permute(0, 1, 3, 2, 4, 5).flatten(3, 4).flatten(1, 2)


def crops(image):
    """[B, 3, 3S, 3S] -> local [B, 9, 3, S, S], rows before columns, and global crop 4 [B, 3, S, S]."""
    tile = image.shape[-1] // N
    local = image.unflatten(3, (N, tile)).unflatten(2, (N, tile)).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    return local, image[:, :, 1::N, 1::N]


# ---------------------------------------------------------------- Llama


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.rms_norm(x.float(), self.weight.shape, self.weight, 1e-5).to(x.dtype)


class LlamaAttention(nn.Module):
    def __init__(self, s):
        super().__init__()
        size = s.llm_width // s.llm_heads
        self.heads, self.kv_heads = s.llm_heads, s.llm_kv_heads
        self.q_proj = nn.Linear(s.llm_width, s.llm_heads * size, bias=False)
        self.k_proj = nn.Linear(s.llm_width, s.llm_kv_heads * size, bias=False)
        self.v_proj = nn.Linear(s.llm_width, s.llm_kv_heads * size, bias=False)
        self.o_proj = nn.Linear(s.llm_heads * size, s.llm_width, bias=False)

    def forward(self, x, rotation, mask):
        q = rotate(split_heads(self.q_proj(x), self.heads), rotation)
        k = rotate(split_heads(self.k_proj(x), self.kv_heads), rotation)
        v = split_heads(self.v_proj(x), self.kv_heads)
        k, v = (t.repeat_interleave(self.heads // self.kv_heads, 1) for t in (k, v))
        return self.o_proj(join_heads(attend_in_windows(q, k, v, mask)))


def window_mask(branch, prefix, window):
    """[B * K, 1, W, prefix + W] of branch [B, prefix + K * W], the number of each place's conversation: true where a place of a
    window may look at one of the prefix or of its own window."""
    own = branch[:, prefix:].unflatten(1, (-1, window)).flatten(0, 1)
    causal = torch.ones(window, window, dtype=torch.bool, device=branch.device).tril()
    same = (own[:, :, None] == own[:, None, :]) & causal
    return torch.cat([same.new_ones(len(own), window, prefix), same], -1)[:, None]


def attend_in_windows(q, k, v, mask):
    """[B, h, prefix + K * W, d] each: the prefix looks at itself, causally; every window at the prefix and, by its mask, itself.
    Without a mask all is prefix."""
    if mask is None:
        return attend(q, k, v, causal=True)
    window = mask.shape[-2]
    prefix = mask.shape[-1] - window
    first = attend(*(t[:, :, :prefix] for t in (q, k, v)), causal=True)
    count = (q.shape[2] - prefix) // window

    def windows(t):
        return t[:, :, prefix:].unflatten(2, (count, window)).transpose(1, 2).flatten(0, 1)

    def with_prefix(t):
        return torch.cat([t[:, None, :, :prefix].expand(-1, count, -1, -1, -1).flatten(0, 1), windows(t)], 2)

    rest = attend(windows(q), with_prefix(k), with_prefix(v), mask)
    return torch.cat([first, rest.unflatten(0, (-1, count)).transpose(1, 2).flatten(2, 3)], 2)


class SiluMlp(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.gate_proj, self.up_proj = (nn.Linear(s.llm_width, s.llm_inner, bias=False) for _ in range(2))
        self.down_proj = nn.Linear(s.llm_inner, s.llm_width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaLayer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.self_attn, self.mlp = LlamaAttention(s), SiluMlp(s)
        self.input_layernorm, self.post_attention_layernorm = RmsNorm(s.llm_width), RmsNorm(s.llm_width)

    def forward(self, x, rotation, mask):
        x = x + self.self_attn(self.input_layernorm(x), rotation, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


ROPE_THETA = 500000.0


def rotations(positions, size):
    """cos and sin [B, 1, L, size], halves laid out as Hugging Face's Llama does."""
    rates = ROPE_THETA ** (-torch.arange(0, size, 2, device=positions.device).float() / size)
    angles = positions[:, None, :, None].float() * rates
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x, rotation):
    cos, sin = rotation
    a, b = x.chunk(2, -1)
    return (x * cos + torch.cat([-b, a], -1) * sin).to(x.dtype)


# ---------------------------------------------------------------- all together


class Wrapped(nn.Module):
    """LLaVA nests the tower twice; so are its names."""

    def __init__(self, name, inner):
        super().__init__()
        setattr(self, name, inner)


class Body(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.vision_tower = Wrapped("vision_tower", Wrapped("vision_model", Tower(s)))
        self.spatial_embed = SpatialEmbed(s)
        self.mm_projector = nn.Sequential(nn.Linear(s.width, s.llm_width), nn.GELU(), nn.Linear(s.llm_width, s.llm_width))
        self.embed_tokens = nn.Embedding(s.vocabulary, s.llm_width)
        self.layers = nn.ModuleList(LlamaLayer(s) for _ in range(s.llm_layers))
        self.norm = RmsNorm(s.llm_width)


class InfLlava(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.sizes = s
        self.model = Body(s)
        self.lm_head = nn.Linear(s.llm_width, s.vocabulary, bias=False)
        for module in (*self.model.layers.modules(), self.lm_head, self.model.embed_tokens):
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    @property
    def tower(self):
        return self.model.vision_tower.vision_tower.vision_model

    def features(self, image):
        """[B, 3, 3S, 3S] in 0..1 -> local [B, 9, T, D] and global crop 4 [B, T, D]."""
        local, globe = crops((image - self.mean) / self.std)
        every = self.tower(torch.cat([local.flatten(0, 1), globe]))
        split = len(local) * N * N
        return every[:split].unflatten(0, (-1, N * N)), every[split:]

    def see(self, image):
        """[B, T, D]: what DEM makes of a picture."""
        return self.model.spatial_embed(*self.features(image))

    def logits(self, pictures, ids, positions, mask, at, keep):
        """`pictures` [B, T, H], projected, take the T places from `at`; logits of the `keep` [B, L] places only: [kept, V]."""
        x = self.model.embed_tokens(ids)
        pictures = pictures.to(x.dtype)
        x = torch.cat([x[:, :at], pictures, x[:, at + pictures.shape[1] :]], 1)
        rotation = rotations(positions, self.sizes.llm_width // self.sizes.llm_heads)
        for layer in self.model.layers:
            x = layer(x, rotation, mask)
        return self.lm_head(self.model.norm(x[keep]))
