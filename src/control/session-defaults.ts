/**
 * What sessions get that leave filters out: at first as configured, then as the control plane sets it. Range requests are
 * not concerned, so that equal requests stay equal.
 */
import type { DecodeRequest } from '../../workers/request.js';
import { parseRangeCommand, type RangeRequest, type RequestDefaults } from '../request/range-request.js';
import { rangeForm } from '../session/range-form.js';
import type { FilterChange, Filters } from './filters.js';

/** A request that leaves everything out. */
const NOTHING_SPECIAL = { start_ledger: 1 };

export class SessionDefaults {
  private readonly configured: RequestDefaults;
  private current: Filters;

  constructor(configured: RequestDefaults) {
    this.configured = configured;
    this.current = configured.filters;
  }

  get filters(): Filters {
    return this.current;
  }

  /** What is made for a session that asks for nothing special. */
  get request(): DecodeRequest {
    return this.range(NOTHING_SPECIAL).decode;
  }

  /** The range that a CMD descriptor's JSON without filters asks for, with the defaults as `filters` change them. */
  range(command: object, filters?: FilterChange): RangeRequest {
    return this.parsed(command, filters?.appliedTo(this.current) ?? this.current);
  }

  /** `range` with its filters changed. */
  changed(range: RangeRequest, filters: FilterChange): RangeRequest {
    const form = rangeForm(range);
    return this.parsed(form, filters.appliedTo(form.filters));
  }

  /** Replaces the filters whole. Throws REQUEST_INVALID for ones that no session could have. */
  replace(filters: Filters): void {
    this.parsed(NOTHING_SPECIAL, filters);
    this.current = filters;
  }

  private parsed(command: object, filters: Filters): RangeRequest {
    return parseRangeCommand(JSON.stringify({ ...command, filters }), { ...this.configured, filters: {} }).range;
  }
}
