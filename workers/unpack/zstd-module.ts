/**
 * The zstd library as WebAssembly, below the API of its package.
 *
 * The package's own `decompress` allocates whatever size a frame declares, gives 1 MiB to frames that declare none, and
 * is ready only after an asynchronous start. Its CommonJS part `zstd.js` carries the library's functions; the hook
 * `instantiateWasm` (Emscripten's `Module` object) lets it start at once. Each load has memory of its own, which is
 * free again when the loaded object is dropped: WebAssembly memory never shrinks.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Pointers and sizes are 32-bit; a `size_t` result from -119 to -1 is an error code, negated (zstd_errors.h). */
export interface ZstdModule {
  /** Replaced when the memory grows: read it anew after each call. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  /** 0 where there is no memory. */
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _ZSTD_createDCtx(): number;
  _ZSTD_decompress_usingDict(
    context: number,
    to: number,
    capacity: number,
    from: number,
    bytes: number,
    dictionary: number,
    dictionaryBytes: number,
  ): number;
}

/** What is used of the WebAssembly API, whose types come with a browser's only. */
interface WasmInstance {
  readonly exports: unknown;
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: unknown) => WasmInstance;
};

interface Loadable extends ZstdModule {
  instantiateWasm: (imports: unknown, receive: (instance: WasmInstance) => void) => unknown;
  init(): void;
}

/** Compiled once a thread; an instance of it takes about 2 ms. */
let compiled: object | undefined;

export function loadZstd(): ZstdModule {
  // A require of its own, because a cached one keeps the modules it has loaded, and with them their memory.
  const require = createRequire(import.meta.url);
  const directory = dirname(require.resolve('@bokuweb/zstd-wasm'));
  const path = join(directory, 'zstd.js');
  const wasm = (compiled ??= new WebAssembly.Module(readFileSync(join(directory, 'zstd.wasm'))));

  // Each load runs the file anew: an object can be started only once, and the package's own may be in use elsewhere.
  const cached = require.cache[path];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete require.cache[path];
  const { Module: zstd } = require(path) as { Module: Loadable };
  require.cache[path] = cached;

  zstd.instantiateWasm = (imports, receive) => {
    const instance = new WebAssembly.Instance(wasm, imports);
    receive(instance);
    return instance.exports;
  };
  zstd.init();
  return zstd;
}
