// npm links `bin` to this file: it must be executable, and tsc does not keep the mode.
import { chmodSync } from 'node:fs';

chmodSync(new URL('../dist/src/main.js', import.meta.url), 0o755);
