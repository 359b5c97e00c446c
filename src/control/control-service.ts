/**
 * contractdata.v1.ControlService: starts, stops and describes sessions. Errors are gRPC statuses whose text begins with a
 * code of the table of errors.
 */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { loadProto } from '../grpc/load-proto.js';
import { requestWarnings } from '../request/row-request.js';
import type { Session } from '../session/session.js';
import type { Sessions } from '../session/sessions.js';
import { hasEnded } from '../session/session-state.js';
import { FilterChange } from './filters.js';
import type { SessionDefaults } from './session-defaults.js';
import { metricsMessage, statusMessage } from './session-messages.js';
import { unary } from './unary.js';

export const CONTROL_PROTO = 'contractdata/v1/control_service.proto';
export const CONTROL_SERVICE = 'contractdata.v1.ControlService';

interface SessionName {
  readonly session_id: string;
}

interface StartProcessingRequest {
  readonly start_ledger: number;
  readonly end_ledger: number;
  readonly batch_size: number;
  readonly filters: { readonly clear: readonly string[] } | null;
  readonly columns: readonly string[];
  readonly compact: boolean;
  readonly known_assets: readonly string[];
  readonly signed_integers: boolean;
}

interface ConfigureFiltersRequest extends SessionName {
  readonly clear: readonly string[];
}

interface FilterReply {
  readonly success: boolean;
  readonly message: string;
  readonly effective_ledger: number;
}

export interface ControlService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export function controlService(sessions: Sessions, defaults: SessionDefaults): ControlService {
  function start(request: StartProcessingRequest): object {
    const change = request.filters === null ? undefined : new FilterChange(request.filters);
    const session = sessions.start(defaults.range(commandOf(request), change));
    const { startLedger, endLedger, decode } = session.range;
    const range = endLedger === 0 ? `from ledger ${startLedger} on` : `of ledgers ${startLedger} to ${endLedger}`;
    const message = [`session ${session.id} ${range} was started`, ...requestWarnings(decode)].join('; ');
    return { success: true, message, session_id: session.id };
  }

  function stop({ session_id: id }: SessionName): object {
    const session = sessions.find(id);
    const wasRunning = session.stop('requested');
    const message = wasRunning
      ? `session ${session.id} is stopping; readers can read what is left`
      : `session ${session.id} is ${session.state.kind} already`;
    return { success: true, message };
  }

  function configureFilters(request: ConfigureFiltersRequest): FilterReply {
    const { session_id: id } = request;
    const change = new FilterChange(request);
    const session = id === '' ? sessions.newest : sessions.find(id);
    // Checked for the session before the defaults are changed: all or nothing.
    const range = session && defaults.changed(session.ranges.at(-1)!, change);
    if (id === '') defaults.replace(change.appliedTo(defaults.filters));
    return filterReply(session, id === '', range && session.reconfigure(range.decode));
  }

  const answers = {
    StartProcessing: unary(start),
    StopProcessing: unary(stop),
    GetStatus: unary(({ session_id: id }: SessionName) => statusMessage(sessions.find(id))),
    ConfigureFilters: unary(configureFilters),
    GetMetrics: unary(({ session_id: id }: SessionName) => metricsMessage(sessions.find(id).counts)),
    ListSessions: unary(() => ({ sessions: sessions.all.map(statusMessage) })),
  };
  return { definition: loadProto(CONTROL_PROTO)[CONTROL_SERVICE] as ServiceDefinition, implementation: answers };
}

/** A session's request as the JSON of a CMD descriptor, without its filters. */
function commandOf(request: StartProcessingRequest): object {
  const { start_ledger, end_ledger, batch_size, columns, compact, known_assets, signed_integers } = request;
  return {
    start_ledger,
    end_ledger,
    batch_size,
    compact,
    int_types: signed_integers ? 'signed' : 'unsigned',
    ...(columns.length > 0 && { columns }),
    ...(known_assets.length > 0 && { known_assets }),
  };
}

/** `effective`: the first ledger that `session` filters in the new way; undefined where it could not be changed. */
function filterReply(session: Session | undefined, areDefaults: boolean, effective: number | undefined): FilterReply {
  const parts = areDefaults ? ['the filters of later sessions were changed'] : [];
  if (session !== undefined) {
    const outcome =
      effective === undefined
        ? `is ${isOver(session) ? session.state.kind : 'through with its source'} and goes on as it was`
        : `filters in the new way from ledger ${effective} on`;
    parts.push(`session ${session.id} ${outcome}`);
  }
  const success = areDefaults || effective !== undefined;
  return { success, message: parts.join('; '), effective_ledger: effective ?? 0 };
}

function isOver({ state }: Session): boolean {
  return state.kind === 'stopping' || hasEnded(state);
}
