/** A process of the bench, asked for things over Node's IPC, one after the other. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

type Answer<Reply> = { readonly reply: Reply } | { readonly error: string };

export class Child<Request extends object, Reply> {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts the module `entry`, which calls {@link answerParent}. */
  static async start<Request extends object, Reply>(
    entry: URL,
    args: readonly string[],
  ): Promise<Child<Request, Reply>> {
    const child = fork(entry, args, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await answerOf(child);
    return new Child<Request, Reply>(child);
  }

  async ask(request: Request): Promise<Reply> {
    const answer = answerOf(this.child);
    this.child.send(request);
    return (await answer) as Reply;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const exited = new AbortController();
  const onExit = (code: number | null): void => exited.abort(new Error(`a bench process exited with ${String(code)}`));
  child.once('exit', onExit);
  try {
    const [answer] = (await once(child, 'message', { signal: exited.signal })) as [Answer<unknown>];
    if ('error' in answer) throw new Error(answer.error);
    return answer.reply;
  } finally {
    child.off('exit', onExit);
  }
}

/** In the child: says that it is ready, and answers the parent's requests. Ends with the parent. */
export function answerParent(answer: (request: never) => unknown): void {
  const send = (message: Answer<unknown>): void => void process.send?.(message);
  process.on('message', (request) => {
    Promise.resolve(request as never)
      .then(answer)
      .then(
        (reply) => send({ reply }),
        (error: unknown) => send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => process.exit());
  send({ reply: undefined });
}

/** Processor time of this process so far, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
