/** docs/errors.md, from the table of error codes. */
import { ERROR_CODES, GRPC_STATUS } from '../../workers/errors.js';

export function errorsPage(): string {
  const statusName = new Map<number, string>(Object.entries(GRPC_STATUS).map(([name, value]) => [value, name]));
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { stage, retryable, grpcStatus, exitCode, meaning }]) =>
      `| \`${code}\` | ${stage} | ${retryable ? 'yes' : 'no'} | ${statusName.get(grpcStatus)} | ${exitCode} | ${meaning} |`,
  );
  return [
    '# Errors',
    '',
    'Written from the code by `npm run docs`; do not edit.',
    '',
    'Every failure carries one of these codes, at the start of its text. Exit code 75 means that the same command may',
    'succeed later.',
    '',
    '| code | stage | retryable | gRPC status | exit code | meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
