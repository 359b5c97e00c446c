/**
 * Stories: the life of an entry as a cycle of scenes.
 *
 * A group of entries is touched by one transaction every `periodLedgers` ledgers, and at each touch every entry of the
 * group is at one scene of its story; which scene follows from the ledger's sequence alone. A scene is one token:
 *
 *   C create · U update with a new value · W update that rewrites the value · X remove
 *   R restore · RU restore and update · RX restore and remove · . leave alone
 *   + and extend the time to live · / and be evicted before the next touch
 *
 * A story is cyclic, so its first scene must be possible behind its last. Everything that a change needs to know about
 * the past (when the value, the entry, its time to live last changed) follows from the tokens before it.
 */

/** Ledgers from a touch to the eviction that may follow it; less than a period. */
export const EVICTION_DELAY_LEDGERS = 16;

/** Ledgers that a time to live reaches beyond the touch at which it is extended or ended. */
const TTL_SLACK_LEDGERS = 5;

/** What one touch does to one entry. */
export interface Scene {
  readonly change: 'C' | 'U' | 'W' | 'X' | 'R' | 'RU' | 'RX' | '.';
  readonly evicted: boolean;
  /** Whether the entry's TtlEntry changes too. */
  readonly ttlChanged: boolean;
  /** Touches since the value last changed, before this touch. */
  readonly valueAge: number;
  /** Ledgers since the entry was last written. */
  readonly entryAgeLedgers: number;
  /** Ledgers since the TtlEntry was last written. */
  readonly ttlAgeLedgers: number;
  /** Where `ttlChanged`: the entry stays live until this many ledgers from now. */
  readonly liveForLedgers: number;
  /** The same as of the touch at which the TtlEntry was last written. */
  readonly previousLiveForLedgers: number;
}

type Token = Pick<Scene, 'change' | 'evicted' | 'ttlChanged'>;

/** Parses a story. Throws a TypeError for a token that is not one. */
export function parseStory(story: string, periodLedgers: number): Scene[] {
  const tokens = story.trim().split(/\s+/).map(parseToken);
  return tokens.map((token, at) => {
    const touchesSince = (fits: (earlier: Token) => boolean): number => distance(tokens, at, -1, fits);
    const ttlAge = touchesSince((earlier) => earlier.ttlChanged);
    return {
      ...token,
      valueAge: touchesSince((earlier) => ['C', 'U', 'RU'].includes(earlier.change)),
      entryAgeLedgers: periodLedgers * touchesSince((earlier) => !['.', 'X', 'RX'].includes(earlier.change)),
      ttlAgeLedgers: periodLedgers * ttlAge,
      liveForLedgers: liveFor(tokens, at, periodLedgers),
      previousLiveForLedgers: liveFor(tokens, at - ttlAge, periodLedgers),
    };
  });
}

function parseToken(text: string): Token {
  const match = /^(C|U|W|X|R|RU|RX|\.)(\+?)(\/?)$/.exec(text);
  if (match === null) throw new TypeError(`"${text}" is not a scene of a story`);
  const change = match[1] as Token['change'];
  return { change, evicted: match[3] === '/', ttlChanged: match[2] === '+' || !['U', 'W', '.'].includes(change) };
}

/** A time to live set at scene `at` reaches to just before the eviction, or just behind the next change of it. */
function liveFor(tokens: readonly Token[], at: number, periodLedgers: number): number {
  if (tokenAt(tokens, at).evicted) return EVICTION_DELAY_LEDGERS - 1;
  const touches = distance(tokens, at, 1, (later) => later.evicted || later.ttlChanged);
  const end = tokenAt(tokens, at + touches);
  return touches * periodLedgers + (end.ttlChanged ? TTL_SLACK_LEDGERS : EVICTION_DELAY_LEDGERS - 1);
}

/** Steps of `direction` from `at` to the nearest other token that fits, around the cycle; 0 where there is none. */
function distance(tokens: readonly Token[], at: number, direction: 1 | -1, fits: (token: Token) => boolean): number {
  for (let steps = 1; steps <= tokens.length; steps++) if (fits(tokenAt(tokens, at + direction * steps))) return steps;
  return 0;
}

function tokenAt(tokens: readonly Token[], at: number): Token {
  return tokens[((at % tokens.length) + tokens.length) % tokens.length]!;
}
