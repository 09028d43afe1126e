/** Something of a language model that embeddings in the place of tokens, one after another, cannot say. */
interface Obstacle {
  /** Beginnings of `general.architecture` of GGUF files and of `model_type` of checkpoints, without punctuation. */
  readonly names: readonly string[];
  readonly reason: string;
}

/** llama.cpp's `tools/mtmd` prepares these models in ways of its own (`mtmd_decode_use_mrope`, `mtmd_decode_use_non_causal`). */
const obstacles: readonly Obstacle[] = [
  {
    names: ['qwen3vl', 'qwen3omni'],
    reason:
      'positions in rows and columns (M-RoPE), and features of the picture added in several layers (deepstack)',
  },
  {
    names: ['qwen2vl', 'qwen25vl', 'qwen25omni', 'glm4v', 'paddleocr', 'hunyuanvl', 'ernie45vl', 'dotsocr'],
    reason: 'positions in rows and columns (M-RoPE)',
  },
  {
    names: [
      ...['qwen35', 'qwen3next', 'lfm2', 'falconh1', 'granitehybrid', 'granitemoehybrid', 'jamba', 'mamba'],
      ...['minicpmv46', 'nemotronh', 'plamo2', 'rwkv', 'kimilinear', 'bamba', 'zamba'],
    ],
    reason: 'a state besides the KV cache (a hybrid model), which cannot be cut back for another question',
  },
  {
    names: ['gemma3', 'gemma4', 'paligemma', 'mllama'],
    reason: 'pictures whose parts look at each other in both directions (non-causal)',
  },
];

/**
 * Why a language model cannot be used though llama.cpp knows it, as the end of "its language model has ..."; null for names of
 * other kinds.
 * @param name `general.architecture` or `model_type`
 */
export function whyUnsupported(name: string): string | null {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const found = obstacles.find(({ names }) => names.some((known) => plain.startsWith(known)));
  return found === undefined ? null : `${found.reason}; llama.cpp's own llama-mtmd-cli runs it`;
}
