/** As whom the server runs: PostgreSQL refuses to run as root. */
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';

/** Ids to start the server's programs under. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** In this order. `nobody` is there on every system, so that none has to be created. */
const CANDIDATES = ['postgres', 'nobody'];

/** Undefined: this process's own user will do. Throws where this process is root and has no other user to run the server as. */
export function serverUser(log: (line: string) => void): ServerUser | undefined {
  if (userInfo().uid !== 0) return undefined;
  for (const name of CANDIDATES) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid === undefined || gid === undefined) continue;
    log(`running as root, which PostgreSQL refuses: the server runs as the existing user ${name}`);
    return { uid, gid };
  }
  throw new Error(`PostgreSQL refuses to run as root, and none of the users ${CANDIDATES.join(', ')} exists`);
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}
