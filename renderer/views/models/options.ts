import type { ModelOption, ModelPrecision, OfferedModel } from '../../../preload/contract/api.ts';

/** The option of that precision; undefined where the model's needs are not known. */
export function optionOf(model: OfferedModel, { vision, llm }: ModelPrecision): ModelOption | undefined {
  return model.options.find(({ precision }) => precision.vision === vision && precision.llm === llm);
}
