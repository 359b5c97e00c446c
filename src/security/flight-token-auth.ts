/**
 * Tokens in front of Flight. Every call shows one: `authorization: Bearer <token>`, or `auth-token-bin`, which clients
 * of Flight's older handshake send. A Handshake turns what such clients log in with, a password, into that header: the
 * password is the token itself.
 */
import { Metadata } from '@grpc/grpc-js';
import type { FlightAuth } from '../flight/flight-auth.js';
import { FlightRefusal } from '../flight/status.js';
import { visitFields } from '../grpc/protobuf-fields.js';
import { bearerToken, shownCredentials } from './credentials-header.js';
import type { Tokens } from './tokens.js';

/** BasicAuth { 2: username, 3: password }, the payload of a Handshake in arrow/flight/protocol/Flight.proto. */
const PASSWORD_FIELD = 3;

export function flightTokenAuth(tokens: Tokens): FlightAuth {
  return {
    authenticate({ headers }) {
      const token = bearerToken(textOf(headers, 'authorization')) ?? textOf(headers, 'auth-token-bin');
      if (tokens.accepts(token)) return;
      throw new FlightRefusal(
        'UNAUTHENTICATED',
        `a valid token expected, ${token === undefined ? 'none' : 'another'} shown`,
      );
    },
    handshake(payload, { headers: asked }) {
      const token = shownCredentials(textOf(asked, 'authorization'))?.token ?? passwordOf(payload);
      if (token === undefined || !tokens.accepts(token)) {
        throw new FlightRefusal('UNAUTHENTICATED', 'a valid token as password expected');
      }
      const headers = new Metadata();
      headers.set('authorization', `Bearer ${token}`);
      return { headers, ...(payload.byteLength > 0 && { payload: Buffer.from(token) }) };
    },
  };
}

function textOf(headers: Metadata, name: string): string | undefined {
  return headers.get(name)[0]?.toString();
}

function passwordOf(payload: Uint8Array): string | undefined {
  let password: string | undefined;
  try {
    visitFields(Buffer.from(payload), {
      varint: () => undefined,
      bytes: (field, value) => {
        if (field === PASSWORD_FIELD) password = value.toString('utf8');
      },
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // No BasicAuth: some other way to log in that is not offered.
    return undefined;
  }
  return password;
}
