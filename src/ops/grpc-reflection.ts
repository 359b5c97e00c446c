/** grpc.reflection (v1 and v1alpha) on a gRPC server: lets grpcurl and the like list and call its services. */
import type { Server } from '@grpc/grpc-js';
import { type EnumTypeDefinition, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProto } from 'grpc-health-check';
import { PROTO_DIRECTORY } from '../grpc/load-proto.js';
import { strictDescriptors } from './reflection-descriptors.js';

/** Describes `services` (full names) of `protoFiles` (paths below the proto folder), and the health service. */
export function addGrpcReflection(server: Server, protoFiles: readonly string[], services: readonly string[]): void {
  // Loaded together, since each load makes files of its own for what they import.
  const loaded = loadSync([...protoFiles, healthProto], { includeDirs: [PROTO_DIRECTORY], keepCase: true });
  const encoded = Object.values(loaded).flatMap(({ fileDescriptorProtos }) =>
    Array.isArray(fileDescriptorProtos) ? fileDescriptorProtos : [],
  );
  // The service reads nothing but the file descriptors of its argument.
  const files: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos: strictDescriptors(encoded),
  };
  const definition: PackageDefinition = { files };
  new ReflectionService(definition, { services: [...services, 'grpc.health.v1.Health'] }).addToServer(server);
}
