import protobuf from 'protobufjs/light.js';

/**
 * The part of onnx.proto (ONNX IR, github.com/onnx/onnx) that our graphs use. What is left out on purpose - subgraphs,
 * functions, training information, sparse and typed tensor fields - can neither be written nor be read back.
 */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly graph: OnnxGraph;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
}

export interface OnnxGraph {
  readonly node: readonly OnnxNode[];
  readonly name: string;
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
}

export interface OnnxNode {
  /** Names of values; '' stands for an optional input that is absent. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly OnnxAttribute[];
  /** '' is the standard operator set. */
  readonly domain: string;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly type: number;
}

export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation?: number;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[] };
    };
  };
}

/** TensorProto.DataType of the element types we write, and the bytes of one element. */
export const onnxTypes = {
  float32: { id: 1, bytes: 4 },
  int8: { id: 3, bytes: 1 },
  int64: { id: 7, bytes: 8 },
} as const;
export type OnnxType = keyof typeof onnxTypes;

export const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;
/** TensorProto.DataLocation. */
export const externalLocation = 1;

const field = (id: number, type: string): protobuf.IField => ({ id, type });
const list = (id: number, type: string): protobuf.IField => ({ id, type, rule: 'repeated' });

/** onnx.proto is proto2: an explicit zero is written, which native readers tell apart from an absent field. */
const message = (fields: Record<string, protobuf.IField>): protobuf.IType => ({ edition: 'proto2', fields });

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: field(1, 'int64'),
      producerName: field(2, 'string'),
      graph: field(7, 'GraphProto'),
      opsetImport: list(8, 'OperatorSetIdProto'),
    }),
    OperatorSetIdProto: message({ domain: field(1, 'string'), version: field(2, 'int64') }),
    GraphProto: message({
      node: list(1, 'NodeProto'),
      name: field(2, 'string'),
      initializer: list(5, 'TensorProto'),
      input: list(11, 'ValueInfoProto'),
      output: list(12, 'ValueInfoProto'),
    }),
    NodeProto: message({
      input: list(1, 'string'),
      output: list(2, 'string'),
      name: field(3, 'string'),
      opType: field(4, 'string'),
      attribute: list(5, 'AttributeProto'),
      domain: field(7, 'string'),
    }),
    AttributeProto: message({
      name: field(1, 'string'),
      f: field(2, 'float'),
      i: field(3, 'int64'),
      s: field(4, 'bytes'),
      ints: list(8, 'int64'),
      type: field(20, 'int32'),
    }),
    TensorProto: message({
      dims: list(1, 'int64'),
      dataType: field(2, 'int32'),
      name: field(8, 'string'),
      rawData: field(9, 'bytes'),
      externalData: list(13, 'StringStringEntryProto'),
      dataLocation: field(14, 'int32'),
    }),
    StringStringEntryProto: message({ key: field(1, 'string'), value: field(2, 'string') }),
    ValueInfoProto: message({ name: field(1, 'string'), type: field(2, 'TypeProto') }),
    TypeProto: message({ tensorType: field(1, 'TensorTypeProto') }),
    TensorTypeProto: message({ elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') }),
    TensorShapeProto: message({ dim: list(1, 'DimensionProto') }),
    DimensionProto: message({ dimValue: field(1, 'int64'), dimParam: field(2, 'string') }),
  },
});
const modelType = root.lookupType('ModelProto');

/** The bytes of a model file; the same model always gives the same bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/**
 * The model in `bytes`, with absent lists empty and absent messages undefined: callers of untrusted files check before they
 * trust (check-onnx.ts). Fields we do not declare are skipped. Throws when the bytes are not protocol buffers.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  return modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true }) as OnnxModel;
}
