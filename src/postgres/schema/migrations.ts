/**
 * The steps by which a database comes to the present schema. A step that has been released never changes; a new column
 * of a table is a new step with ADD COLUMN IF NOT EXISTS, because {@link declaredColumns} gives a new database the column
 * in its first step.
 */
import { CREATE_CURRENT_STATES, CURRENT_STATES_INDEXES } from './current-states-table.js';
import { CREATE_ENTRIES, ENTRIES_INDEXES } from './entries-table.js';
import { CREATE_FUNCTIONS } from './functions.js';
import { CREATE_COMPLETE_THROUGH, CREATE_PROGRESS_TABLES } from './progress-tables.js';
import { CREATE_TTL } from './ttl-table.js';
import { CREATE_VIEWS } from './views.js';

export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** All secondary indexes by name: what follows CREATE INDEX … ON. */
export const INDEXES: Readonly<Record<string, string>> = { ...ENTRIES_INDEXES, ...CURRENT_STATES_INDEXES };

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'history, current states, time to live, progress',
    statements: [
      ...CREATE_ENTRIES,
      ...CREATE_CURRENT_STATES,
      ...CREATE_TTL,
      ...CREATE_PROGRESS_TABLES,
      ...CREATE_COMPLETE_THROUGH,
      ...CREATE_VIEWS,
      ...CREATE_FUNCTIONS,
      ...Object.entries(INDEXES).map(([name, on]) => `CREATE INDEX ${name} ON ${on}`),
    ],
  },
];
