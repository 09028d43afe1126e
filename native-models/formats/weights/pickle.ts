import { invalidCheckpoint, quoted } from '../../files/invalid.ts';

/**
 * The part of Python's pickle format that `torch.save` of a state dict uses, read without executing anything: a name
 * may be mentioned, but only a few are known, and each stands for plain data here. Any other name
 * or opcode is refused and named. Opcode numbers: CPython, Lib/pickletools.py.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | TorchStorage
  | TorchTensor;

/** A mention of an allowed name. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A storage: an entry `data/KEY` of the zip, of `count` elements. */
export class TorchStorage {
  /** `Float`, `Half`, `BFloat16`, `Long`, ... */
  readonly kind: string;
  readonly key: string;
  readonly count: number;
  constructor(kind: string, key: string, count: number) {
    this.kind = kind;
    this.key = key;
    this.count = count;
  }
}

/** A tensor as `torch._utils._rebuild_tensor_v2` describes it; offsets and strides in elements. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const storageGlobal = /^torch\.(Float|Half|BFloat16|Double|Long|Int|Short|Char|Byte|Bool)Storage$/;

const orderedDict = 'collections.OrderedDict';
const rebuildTensor = 'torch._utils._rebuild_tensor_v2';
const rebuildParameter = 'torch._utils._rebuild_parameter';

/**
 * A state dict takes some twenty-five opcodes a tensor, so this is room for forty thousand tensors, while a pickle
 * made of nothing but empty dicts stays within a few hundred megabytes.
 */
const maxOpcodes = 1_000_000;

/** What REDUCE gives for an allowed name; nothing is looked up or called by name. */
function construct(name: string, args: readonly PickleValue[]): PickleValue | undefined {
  if (name === orderedDict && args.length === 0) return new Map();
  if (name === rebuildParameter && args[0] instanceof TorchTensor) return args[0];
  if (name === rebuildTensor) {
    const [storage, offset, shape, strides] = args;
    if (
      storage instanceof TorchStorage &&
      typeof offset === 'number' &&
      isNumbers(shape) &&
      isNumbers(strides) &&
      shape.length === strides.length
    ) {
      return new TorchTensor(storage, offset, shape, strides);
    }
  }
  return undefined;
}

function isNumbers(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

/** The object a pickle describes. Throws `checkpoint-invalid` naming `file`. */
export function readPickle(bytes: Uint8Array, file: string): PickleValue {
  return new Unpickler(bytes, file).run();
}

class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;
  #stack: PickleValue[] = [];
  /** Stacks set aside by MARK. */
  readonly #marked: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  run(): PickleValue {
    for (let steps = 0; steps < maxOpcodes; steps++) {
      const at = this.#at;
      const opcode = this.#byte();
      if (opcode === 0x2e /* STOP */) return this.#pop();
      if (!this.#structure(opcode) && !this.#scalar(opcode) && !this.#torch(opcode)) {
        throw this.#fault(
          `byte ${at} is the opcode 0x${opcode.toString(16)}, which no state dict needs: refused`,
        );
      }
    }
    throw this.#fault(`has more than ${maxOpcodes} opcodes`);
  }

  /** Containers, marks and the memo. */
  #structure(opcode: number): boolean {
    switch (opcode) {
      case 0x80 /* PROTO */:
        this.#byte();
        return true;
      case 0x95 /* FRAME */:
        this.#take(8);
        return true;
      case 0x28 /* MARK */:
        this.#marked.push(this.#stack);
        this.#stack = [];
        return true;
      case 0x7d /* EMPTY_DICT */:
        return this.#push(new Map());
      case 0x5d /* EMPTY_LIST */:
      case 0x29 /* EMPTY_TUPLE */:
        return this.#push([]);
      case 0x74 /* TUPLE */:
        return this.#push(this.#popMarked());
      case 0x85 /* TUPLE1 */:
      case 0x86 /* TUPLE2 */:
      case 0x87 /* TUPLE3 */:
        return this.#push(this.#popMany(opcode - 0x84));
      case 0x61 /* APPEND */:
        return this.#append([this.#pop()]);
      case 0x65 /* APPENDS */:
        return this.#append(this.#popMarked());
      case 0x73 /* SETITEM */:
        return this.#setItems(this.#popMany(2));
      case 0x75 /* SETITEMS */:
        return this.#setItems(this.#popMarked());
      case 0x71 /* BINPUT */:
        return this.#remember(this.#byte());
      case 0x72 /* LONG_BINPUT */:
        return this.#remember(this.#uint32());
      case 0x94 /* MEMOIZE */:
        return this.#remember(this.#memo.size);
      case 0x68 /* BINGET */:
        return this.#push(this.#recall(this.#byte()));
      case 0x6a /* LONG_BINGET */:
        return this.#push(this.#recall(this.#uint32()));
      default:
        return false;
    }
  }

  #scalar(opcode: number): boolean {
    switch (opcode) {
      case 0x4e /* NONE */:
        return this.#push(null);
      case 0x88 /* NEWTRUE */:
        return this.#push(true);
      case 0x89 /* NEWFALSE */:
        return this.#push(false);
      case 0x4b /* BININT1 */:
        return this.#push(this.#byte());
      case 0x4d /* BININT2 */:
        return this.#push(this.#view.getUint16(this.#take(2), true));
      case 0x4a /* BININT */:
        return this.#push(this.#view.getInt32(this.#take(4), true));
      case 0x8a /* LONG1 */:
        return this.#push(this.#long());
      case 0x47 /* BINFLOAT */:
        return this.#push(this.#view.getFloat64(this.#take(8), false));
      case 0x58 /* BINUNICODE */:
        return this.#push(this.#text(this.#uint32()));
      case 0x8c /* SHORT_BINUNICODE */:
        return this.#push(this.#text(this.#byte()));
      default:
        return false;
    }
  }

  /** Names, what is made with them, and references to storages. */
  #torch(opcode: number): boolean {
    switch (opcode) {
      case 0x63 /* GLOBAL */:
        return this.#push(this.#global(this.#line(), this.#line()));
      case 0x93 /* STACK_GLOBAL */: {
        const [module, name] = this.#popMany(2);
        return this.#push(this.#global(String(module), String(name)));
      }
      case 0x52 /* REDUCE */: {
        const [callable, args] = this.#popMany(2);
        if (!(callable instanceof PickleGlobal) || !Array.isArray(args))
          throw this.#fault('has a broken REDUCE');
        const made = construct(callable.name, args);
        if (made === undefined) throw this.#fault(`uses ${callable.name} in a way no state dict does`);
        return this.#push(made);
      }
      case 0x51 /* BINPERSID */:
        return this.#push(this.#storage(this.#pop()));
      case 0x62 /* BUILD */: {
        // A state dict carries `_metadata` as an attribute; it says nothing about the tensors.
        const state = this.#pop();
        if (!(this.#stack.at(-1) instanceof Map) || !(state instanceof Map))
          throw this.#fault('has a broken BUILD');
        return true;
      }
      default:
        return false;
    }
  }

  #global(module: string, name: string): PickleGlobal {
    const full = `${module}.${name}`;
    const allowed =
      full === orderedDict || full === rebuildTensor || full === rebuildParameter || storageGlobal.test(full);
    if (!allowed) throw this.#fault(`refers to ${quoted(full)}, which is not allowed: nothing was executed`);
    return new PickleGlobal(full);
  }

  /** `('storage', torch.FloatStorage, key, device, element count)` */
  #storage(id: PickleValue): TorchStorage {
    const [tag, type, key, , count] = Array.isArray(id) ? id : [];
    const kind = type instanceof PickleGlobal ? storageGlobal.exec(type.name)?.[1] : undefined;
    if (tag !== 'storage' || kind === undefined || typeof key !== 'string' || !isCount(count)) {
      throw this.#fault('has a reference that is not a storage');
    }
    return new TorchStorage(kind, key, count);
  }

  #setItems(items: PickleValue[]): boolean {
    const target = this.#stack.at(-1);
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw this.#fault('sets items of what is not a dict');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (target.has(key)) throw this.#fault(`names ${quoted(String(key))} twice`);
      target.set(key, items[i + 1]!);
    }
    return true;
  }

  #append(items: PickleValue[]): boolean {
    const target = this.#stack.at(-1);
    if (!Array.isArray(target)) throw this.#fault('appends to what is not a list');
    for (const item of items) target.push(item);
    return true;
  }

  #remember(index: number): boolean {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#fault('remembers a value it does not have');
    this.#memo.set(index, value);
    return true;
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#fault(`recalls a value it never remembered (${index})`);
    return value;
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#fault(`takes a value it does not have, at byte ${this.#at}`);
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) throw this.#fault(`takes a value it does not have, at byte ${this.#at}`);
    return this.#stack.splice(-count);
  }

  #popMarked(): PickleValue[] {
    const outer = this.#marked.pop();
    if (outer === undefined) throw this.#fault(`closes what it never opened, at byte ${this.#at}`);
    const items = this.#stack;
    this.#stack = outer;
    return items;
  }

  /** Advances over `count` bytes and returns where they begin. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw this.#fault('ends in the middle (truncated)');
    this.#at += count;
    return start;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** LONG1: little-endian two's complement of at most 255 bytes; sizes and offsets fit 53 bits. */
  #long(): number {
    const length = this.#byte();
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    const number = Number(BigInt.asIntN(length * 8, value));
    if (!Number.isSafeInteger(number)) throw this.#fault('holds an integer beyond 53 bits');
    return number;
  }

  #text(length: number): string {
    const start = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#fault('ends in the middle (truncated)');
    const text = this.#text(end - this.#at);
    this.#at = end + 1;
    return text;
  }

  #fault(what: string) {
    return invalidCheckpoint(this.#file, `the pickle ${what}`);
  }
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
