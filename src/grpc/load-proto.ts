/** Loads this project's .proto files, which ship beside the compiled code. */
import { fileURLToPath } from 'node:url';
import { type GrpcObject, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** The repository's or package's proto folder: from dist/src/grpc three levels up. */
export const PROTO_DIRECTORY = fileURLToPath(new URL('../../../proto', import.meta.url));

/**
 * Loads `file` (a path below the proto folder). Field names stay as written in the file, 64-bit integers become strings,
 * enums names, unset fields their defaults; a `oneof` adds a property with the name of the member that is set.
 */
export function loadProto(file: string): PackageDefinition {
  return loadSync(file, {
    includeDirs: [PROTO_DIRECTORY],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
}

export function loadGrpc(file: string): GrpcObject {
  return loadPackageDefinition(loadProto(file));
}
