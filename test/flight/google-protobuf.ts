/** Flight messages as Google's own JavaScript runtime writes and reads them, in the code generated for GizmoSQL's client. */
import { createRequire } from 'node:module';

interface Generated {
  serializeBinary(): Uint8Array;
  toObject(): Record<string, unknown>;
}
type Setters = Record<string, (value: unknown) => void>;
type Getters = Record<string, () => Uint8Array>;
interface GeneratedClass {
  new (): Generated;
  deserializeBinary(bytes: Uint8Array): Generated;
}

const classes = createRequire(import.meta.url)(
  '@gizmodata/gizmosql-client/dist/generated/proto/Flight_pb.js',
) as Record<string, GeneratedClass>;

/** A message with the fields given by their setters' names: `{ Type: 2, Cmd: bytes, PathList: […] }`. */
export function build(name: string, fields: Record<string, unknown>): Generated {
  const message = new classes[name]!();
  for (const [field, value] of Object.entries(fields)) (message as unknown as Setters)[`set${field}`]!(value);
  return message;
}

export function encode(name: string, fields: Record<string, unknown> = {}): Buffer {
  return Buffer.from(build(name, fields).serializeBinary());
}

/** Fields in lower camel case, lists with `List` behind, bytes as base64. */
export function decode(name: string, bytes: Uint8Array): Record<string, unknown> {
  return classes[name]!.deserializeBinary(bytes).toObject();
}

/** One bytes field of a message. */
export function bytesOf(name: string, field: string, bytes: Uint8Array): Buffer {
  const message = classes[name]!.deserializeBinary(bytes) as unknown as Getters;
  return Buffer.from(message[`get${field}_asU8`]!());
}

export const command = (text: string): Buffer => encode('FlightDescriptor', { Type: 2, Cmd: Buffer.from(text) });

export const ticket = (text: string): Buffer => encode('Ticket', { Ticket: Buffer.from(text) });
