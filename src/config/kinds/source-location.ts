/** The kind of SOURCE: where ledgers come from, by an address that says how they are had. */
import { isLakeUrl, type LakeAddress, parseLakeUrl } from '../../lake/lake-url.js';
import { type Address, addressText, endpoint } from './address.js';
import type { Kind, Parsed } from './kind.js';

export type SourceLocation =
  { readonly kind: 'grpc'; readonly address: Address } | { readonly kind: 'lake'; readonly lake: LakeAddress };

const GRPC_PREFIX = 'grpc://';
const EXPECTED = 'grpc://host:port, file://folder, s3://bucket/prefix or gs://bucket/prefix';

export const sourceLocation: Kind<SourceLocation> = {
  name: 'url',
  bounds: 'grpc://, file://, s3:// or gs://',
  form: 'value',
  parse(raw): Parsed<SourceLocation> {
    const text = typeof raw === 'string' ? raw.trim() : '';
    if (text.startsWith(GRPC_PREFIX)) {
      const parsed = endpoint.parse(text.slice(GRPC_PREFIX.length));
      if ('value' in parsed) return { value: { kind: 'grpc', address: parsed.value } };
    }
    if (!isLakeUrl(text)) return { misfit: { expected: EXPECTED, found: raw } };
    try {
      return { value: { kind: 'lake', lake: parseLakeUrl(text) } };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { misfit: { expected: `${EXPECTED} (${error.message})`, found: raw } };
    }
  },
  show: (source) => (source.kind === 'grpc' ? GRPC_PREFIX + addressText(source.address) : source.lake.url),
};
