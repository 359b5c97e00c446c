/** Tokens in front of a whole gRPC server, for services that know nothing of them. */
import { type ServerInterceptor, ServerInterceptingCall, status } from '@grpc/grpc-js';
import { bearerToken } from './credentials-header.js';
import type { Tokens } from './tokens.js';

/** Probes have no tokens, and learn nothing that a closed port would not tell. */
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

/**
 * What refuses calls without a valid bearer token, but for those of the services `open` (full names). None where no
 * token is required: every message would pass through it.
 */
export function tokenInterceptors(tokens: Tokens, open: readonly string[]): ServerInterceptor[] {
  return tokens.areRequired ? [requireToken(tokens, open)] : [];
}

function requireToken(tokens: Tokens, open: readonly string[]): ServerInterceptor {
  return ({ path }, call) => {
    if (open.some((service) => path.startsWith(`/${service}/`))) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            if (tokens.accepts(bearerToken(metadata.get('authorization')[0]?.toString()))) proceed(metadata);
            else call.sendStatus({ code: status.UNAUTHENTICATED, details: 'UNAUTHENTICATED: a valid token expected' });
          },
        });
      },
    });
  };
}
