/**
 * The secret that an `authorization` header shows:
 *
 *   Bearer <token>                     RFC 6750, 2.1
 *   Basic base64(<user>:<password>)    RFC 7617, 2; the password is the token, the user may be anyone
 *
 * Scheme names are the same in any case (RFC 9110, 11.1).
 */
export interface ShownCredentials {
  readonly scheme: 'bearer' | 'basic';
  readonly token: string;
}

/** Undefined for no header, or one of another kind. */
export function shownCredentials(header: string | undefined): ShownCredentials | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(header ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { scheme: 'bearer', token: value };
    case 'basic': {
      const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? [];
      return password === undefined ? undefined : { scheme: 'basic', token: password };
    }
    default:
      return undefined;
  }
}

/** The token of a bearer header. */
export function bearerToken(header: string | undefined): string | undefined {
  const shown = shownCredentials(header);
  return shown?.scheme === 'bearer' ? shown.token : undefined;
}
