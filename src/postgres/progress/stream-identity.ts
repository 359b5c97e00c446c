/** What a stream is: its table, its name, and the facts that its rows depend on. */
import { createHash } from 'node:crypto';
import type { TableName } from '../../../workers/request.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface StreamIdentity {
  readonly table: TableName;
  /** Tells streams of one table apart that load different ranges; a hash of the facts unless given. */
  readonly name?: string | undefined;
  /** Network, source, filters, compaction, known assets, schema version. Lists are compared in their order. */
  readonly facts: Readonly<Record<string, Json>>;
}

export function streamName({ name, facts }: StreamIdentity): string {
  return name ?? `sha256:${createHash('sha256').update(canonicalJson(facts)).digest('hex')}`;
}

/** Names of the facts in which two streams differ, in alphabetical order. */
export function differingFacts(a: StreamIdentity['facts'], b: StreamIdentity['facts']): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => canonicalJson(a[name] ?? null) !== canonicalJson(b[name] ?? null)).sort();
}

/** The same text for equal values: object keys in order, no white space. */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
