/** The errors that grpc-js calls end with. */
import type { status } from '@grpc/grpc-js';

export function isServiceError(error: unknown): error is Error & { code: status; details: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}
