/** What goes wrong between a data lake and us, in one place. */
import { ProcessorError } from '../errors.js';

/** May pass: the store is away, overloaded, or broke off. */
export function storeUnavailable(what: string, reason: string, cause?: unknown): ProcessorError {
  return new ProcessorError('SOURCE_UNAVAILABLE', `${what}: ${reason}`, { file: what }, cause);
}

/** Does not pass by itself. */
export function storeRefuses(what: string, reason: string, cause?: unknown): ProcessorError {
  return new ProcessorError('SOURCE_REFUSED', `${what}: ${reason}`, { file: what }, cause);
}
