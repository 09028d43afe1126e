import {
  attributeTypes,
  encodeModel,
  onnxTypes,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-proto.ts';

/** IR and operator-set versions that hold every operator used (LayerNormalization 17, Gelu 20). */
const irVersion = 9;
const standardOpset = 20;
/** Fused operators of ONNX Runtime (docs/ContribOperators.md of its repository). */
const fusedDomain = 'com.microsoft';
const fusedOpset = 1;

/** A plain number is an integer attribute; `float(x)` marks a float one. */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, AttributeValue>>;
export const float = (value: number): AttributeValue => ({ float: value });

/** A tensor whose bytes are placed already (inline or in a data file); it gets its name in the graph. */
export type PlacedTensor = Omit<OnnxTensor, 'name'>;

/** The name of a value flowing between nodes; `absent` stands for an optional input left out. */
export type Value = string;
export const absent: Value = '';

/** A size, or the name of one that varies from run to run. */
export type Dimension = number | string;

/** Builds one ONNX graph in topological order. Value names count up, so the same calls give the same bytes. */
export class GraphWriter {
  readonly #name: string;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** A float32 input of the graph. */
  input(name: string, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  /** Makes `value` a float32 output of the graph, called `name`. */
  output(name: string, shape: readonly Dimension[], value: Value): void {
    this.#nodes.push({ input: [value], output: [name], name, opType: 'Identity', attribute: [], domain: '' });
    this.#outputs.push(valueInfo(name, shape));
  }

  /** A constant tensor under `name`; naming the same one twice is the same value. */
  constant(name: string, tensor: PlacedTensor): Value {
    this.#initializers.set(name, { ...tensor, name });
    return name;
  }

  /** A small constant vector of integers: a shape, axes or slice bounds. */
  ints(...values: number[]): Value {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    const tensor = { dims: [values.length], dataType: onnxTypes.int64.id, rawData };
    return this.constant(`ints:${values.join(',')}`, tensor);
  }

  /** A small constant float32, without dimensions. */
  scalar(value: number): Value {
    const rawData = new Uint8Array(Float32Array.of(value).buffer);
    return this.constant(`scalar:${value}`, { dims: [], dataType: onnxTypes.float32.id, rawData });
  }

  /** A standard operator with one output. */
  op(opType: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.#node('', opType, inputs, attributes, ['output'])[0]!;
  }

  /** A fused operator of ONNX Runtime; '' in `outputs` leaves an optional output out. */
  fused(
    opType: string,
    inputs: readonly Value[],
    attributes: Attributes = {},
    outputs: readonly string[] = ['output'],
  ): Value[] {
    return this.#node(fusedDomain, opType, inputs, attributes, outputs);
  }

  #node(
    domain: string,
    opType: string,
    inputs: readonly Value[],
    attributes: Attributes,
    outputs: readonly string[],
  ): Value[] {
    const name = `${opType}.${this.#nodes.length}`;
    const output = outputs.map((part) => (part === absent ? absent : `${name}:${part}`));
    const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value));
    this.#nodes.push({ input: inputs, output, name, opType, attribute, domain });
    return output;
  }

  /** The bytes of the model file. */
  encode(): Uint8Array {
    return encodeModel({
      irVersion,
      producerName: 'inf-llava-desktop',
      graph: {
        node: this.#nodes,
        name: this.#name,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
      opsetImport: [
        { domain: '', version: standardOpset },
        { domain: fusedDomain, version: fusedOpset },
      ],
    });
  }
}

function valueInfo(name: string, shape: readonly Dimension[]): OnnxValueInfo {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: onnxTypes.float32.id, shape: { dim } } } };
}

function toAttribute(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { name, i: value, type: attributeTypes.int };
  if (typeof value === 'string') {
    return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  }
  if ('float' in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, ints: value, type: attributeTypes.ints };
}
