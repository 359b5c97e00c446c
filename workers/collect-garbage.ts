/**
 * Frees memory that is no longer used, at once. Node keeps the bytes of buffers outside of V8's heap, where a hundred of
 * megabytes are a handful of small objects: V8 sees little reason to look for those that are garbage. After something of
 * that size has been dealt with, looking costs a small part of the time that it took.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
