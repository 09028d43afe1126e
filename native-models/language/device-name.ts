import type { Decoder } from './decoder.ts';

const backendNames: Readonly<Record<string, string>> = { cuda: 'CUDA', vulkan: 'Vulkan', metal: 'Metal' };

/**
 * Where a language model really runs, for people: "CPU, 8 threads", "Vulkan: NVIDIA RTX 4070, 33 layers".
 * @param threads as the person chose, or null
 */
export function deviceName(
  { gpuLayers, backend, devices }: Pick<Decoder, 'gpuLayers' | 'backend' | 'devices'>,
  threads: number | null,
): string {
  if (gpuLayers > 0) return `${backendNames[backend] ?? backend}: ${devices.join(', ')}, ${gpuLayers} layers`;
  return threads === null ? 'CPU' : `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
