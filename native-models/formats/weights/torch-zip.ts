import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';

import { AppError } from '../../../preload/contract/errors.ts';
import type { ByteSource } from '../../files/byte-file.ts';
import { quoted } from '../../files/invalid.ts';
import { readPickle, TorchTensor, type PickleValue, type TorchStorage } from './pickle.ts';
import { elementCount, type StoredTensor, type StoredTensors } from './tensor-files.ts';
import type { TensorType } from './tensor-source.ts';

/** The pickle of an 8B model's state dict is under 0.1 MB: names and shapes only. */
const maxPickleBytes = 16 * 2 ** 20;

/** One entry a storage; more than any model has tensors. */
const maxEntries = 100_000;

const storedUncompressed = 0;

interface Kind {
  readonly bytes: number;
  readonly type: TensorType | null;
}

/** Element size and, for the float types a model is made of, the type, by the name of torch's storage class. */
const kinds: Readonly<Record<string, Kind>> = {
  Float: { bytes: 4, type: 'f32' },
  Half: { bytes: 2, type: 'f16' },
  BFloat16: { bytes: 2, type: 'bf16' },
  Double: { bytes: 8, type: null },
  Long: { bytes: 8, type: null },
  Int: { bytes: 4, type: null },
  Short: { bytes: 2, type: null },
  Char: { bytes: 1, type: null },
  Byte: { bytes: 1, type: null },
  Bool: { bytes: 1, type: null },
};

/** Where the bytes of an entry lie. */
interface Range {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The tensors of a zip-format torch file (`torch.save` since PyTorch 1.6): `NAME/data.pkl` describes them and
 * `NAME/data/KEY` hold their bytes, uncompressed, so that they are read by ranges like safetensors. Nothing in the
 * pickle is executed. Throws `checkpoint-invalid` naming the file and the fault.
 */
export async function readTorchZip(file: ByteSource): Promise<StoredTensors> {
  const magic = file.size < 4 ? null : new DataView((await file.read(0, 4)).buffer).getUint32(0, true);
  if (magic !== 0x04034b50) {
    throw file.fault(
      'is not a zip-format torch file (the format before PyTorch 1.6 is not read; convert it to safetensors)',
    );
  }
  const entries = await readEntries(file);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) throw file.fault('holds no data.pkl');
  const root = pickleName.slice(0, -'data.pkl'.length);
  await refuseBigEndian(file, entries.get(`${root}byteorder`));

  const pickle = entries.get(pickleName)!;
  if (pickle.bytes > maxPickleBytes) {
    throw file.fault(`has a pickle of ${pickle.bytes} bytes; at most ${maxPickleBytes} are accepted`);
  }
  const state = readPickle(await file.read(pickle.offset, pickle.bytes), file.name);
  return locateTensors(state, (storage) => entries.get(`${root}data/${storage.key}`), file);
}

function locateTensors(
  state: PickleValue,
  find: (storage: TorchStorage) => Range | undefined,
  file: ByteSource,
): StoredTensors {
  if (!(state instanceof Map)) throw file.fault('the pickle is not a dict of tensors');
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const [name, value] of state) {
    if (typeof name !== 'string') throw file.fault('the pickle has a key that is not text');
    if (!(value instanceof TorchTensor)) {
      others.set(name, 'not a tensor');
      continue;
    }
    const { type } = kinds[value.storage.kind]!;
    const { offset, bytes } = locate(name, value, find(value.storage), file);
    if (type === null || bytes === 0) others.set(name, value.storage.kind);
    else
      tensors.set(name, { info: { name, type, shape: value.shape, file: file.name }, file, offset, bytes });
  }
  return { tensors, others };
}

/** The range of one tensor, checked against its storage and the storage against its entry. */
function locate(name: string, tensor: TorchTensor, entry: Range | undefined, file: ByteSource): Range {
  const fault = (what: string) => file.fault(`tensor ${quoted(name)}: ${what}`);
  const { storage, shape, offset } = tensor;
  const size = kinds[storage.kind]!.bytes;
  if (entry === undefined) throw fault(`its storage data/${storage.key} is missing`);
  if (entry.bytes !== storage.count * size) {
    throw fault(
      `its storage data/${storage.key} has ${entry.bytes} bytes instead of ${storage.count * size}`,
    );
  }
  const count = elementCount(shape);
  if (count === null) throw fault(`has the impossible shape [${shape.slice(0, 9).join(', ')}]`);
  if (!isContiguous(tensor)) throw fault('is not contiguous: save it with .contiguous(), or as safetensors');
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + count > storage.count) {
    throw fault(`takes elements ${offset} to ${offset + count} of a storage of ${storage.count}`);
  }
  return { offset: entry.offset + offset * size, bytes: count * size };
}

/** Row-major without gaps; the stride of a dimension of one element says nothing. */
function isContiguous({ shape, strides }: TorchTensor): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}

async function refuseBigEndian(file: ByteSource, entry: Range | undefined): Promise<void> {
  if (entry === undefined) return;
  const text = new TextDecoder().decode(await file.read(entry.offset, Math.min(entry.bytes, 16)));
  if (text !== 'little') throw file.fault(`has the byte order ${quoted(text)}, not little`);
}

/** Every entry of the zip by name; yauzl reads the central directory, zip64 included, and refuses odd names. */
async function readEntries(file: ByteSource): Promise<Map<string, Range>> {
  let zip: ZipFile | null = null;
  try {
    zip = await fromRandomAccessReaderPromise(new ByteFileReader(file), file.size, { autoClose: false });
    if (zip.entryCount > maxEntries) {
      throw file.fault(`lists ${zip.entryCount} entries; at most ${maxEntries} are accepted`);
    }
    const entries = new Map<string, Range>();
    for await (const entry of zip.eachEntry()) {
      if (entries.has(entry.fileName)) throw file.fault(`holds ${quoted(entry.fileName)} twice`);
      entries.set(entry.fileName, await locateEntry(zip, entry, file));
    }
    return entries;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw file.fault(`is a broken zip file (${(error as Error).message})`, {
      cause: error,
    });
  } finally {
    zip?.close();
  }
}

async function locateEntry(zip: ZipFile, entry: Entry, file: ByteSource): Promise<Range> {
  const { compressionMethod, compressedSize, uncompressedSize, fileName } = entry;
  if (
    compressionMethod !== storedUncompressed ||
    compressedSize !== uncompressedSize ||
    entry.isEncrypted()
  ) {
    throw file.fault(`${quoted(fileName)} is compressed or encrypted; torch stores entries as they are`);
  }
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  if (fileDataStart + uncompressedSize > file.size) {
    throw file.fault(`${quoted(fileName)} ends after the end of the file (truncated)`);
  }
  return { offset: fileDataStart, bytes: uncompressedSize };
}

/** Lets yauzl read by ranges of our file. */
class ByteFileReader extends RandomAccessReader {
  readonly #file: ByteSource;

  constructor(file: ByteSource) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#file.read(position, length).then((bytes) => {
      buffer.set(bytes, offset);
      callback(null);
    }, callback);
  }
}
