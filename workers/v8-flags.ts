/**
 * Lets V8 inline more. The scan is many small functions calling one another with constants; with V8's default budget half
 * of the calls remain. Measured on load-test ledgers: the scan takes a quarter less time, the whole decode 5 % less.
 *
 * Flags are of the process and are read when a function is optimised, so importing this first is early enough.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--max-inlined-bytecode-size=2000');
setFlagsFromString('--max-inlined-bytecode-size-cumulative=8000');
setFlagsFromString('--min-inlining-frequency=0.01');
