/**
 * Order is one function: inputs are started as they come, at most `lookAhead` of them at a time, and their results come
 * out in the order of the inputs, whatever the order in which they finish.
 *
 * - A result is yielded as soon as it and all before it are there, also while the next input is still awaited.
 * - When the consumer stops early or anything fails, the source's `return` runs, so that it can release what it holds. A
 *   source that may wait for long must also listen to the caller's AbortSignal: `return` is heard only between values.
 * - Results already started are left to settle; their failures are not unhandled.
 */
export async function* inOrder<A, B>(
  source: AsyncIterable<A> | Iterable<A>,
  start: (input: A) => Promise<B>,
  lookAhead: number,
): AsyncGenerator<B, void, undefined> {
  const inputs = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const started: Promise<B>[] = [];
  let awaited: Promise<'input'> | undefined;
  let input: IteratorResult<A, unknown> | undefined;
  let sourceOpen = true;

  try {
    while (sourceOpen || started.length > 0) {
      if (sourceOpen && started.length < lookAhead) {
        awaited ??= Promise.resolve(inputs.next()).then((next) => {
          input = next;
          return 'input';
        });
        const oldest = started[0];
        const first = oldest === undefined ? await awaited : await Promise.race([awaited, oldest.then(() => 'result')]);
        if (first === 'input') {
          awaited = undefined;
          if (input!.done === true) sourceOpen = false;
          else started.push(observed(start(input!.value)));
          continue;
        }
      }
      yield await started.shift()!;
    }
  } finally {
    awaited?.catch(() => undefined);
    if (sourceOpen) await inputs.return?.();
  }
}

/** A promise whose rejection is heard when it is awaited in its turn, and not reported as unhandled before. */
function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
