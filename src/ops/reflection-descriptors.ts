/**
 * File descriptors that strict readers accept (Go's, and with it grpcurl).
 *
 * Those that protobufjs makes name types as the .proto file did, list no dependencies, and call a map's entry after its
 * field, where descriptor.proto asks for fully qualified names, imports, and `FieldNameEntry`. This puts them right.
 */
import descriptor, {
  type IDescriptorProto,
  type IEnumDescriptorProto,
  type IFileDescriptorProto,
} from 'protobufjs/ext/descriptor/index.js';

const { FileDescriptorProto } = descriptor;

/** Encoded FileDescriptorProtos; all files that they need of each other must be among them. */
export function strictDescriptors(encoded: readonly Uint8Array[]): Buffer[] {
  const files = new Map<string, IFileDescriptorProto>();
  for (const bytes of encoded) {
    const file: IFileDescriptorProto = FileDescriptorProto.toObject(FileDescriptorProto.decode(bytes));
    files.set(file.name!, file);
  }
  for (const file of files.values()) file.messageType?.forEach(renameMapEntries);
  const owners = typeOwners(files.values());
  for (const file of files.values()) qualifyNames(file, owners);
  return [...files.values()].map((file) => Buffer.from(FileDescriptorProto.encode(file).finish()));
}

/** https://protobuf.dev/programming-guides/proto3/#backwards: the message that a map field stands for. */
function renameMapEntries(message: IDescriptorProto): void {
  for (const entry of message.nestedType ?? []) {
    renameMapEntries(entry);
    if (entry.options?.mapEntry !== true) continue;
    const field = message.field?.find(({ typeName }) => typeName === entry.name);
    if (field === undefined) continue;
    const words = field.name!.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    entry.name = `${words.join('')}Entry`;
    field.typeName = entry.name;
  }
}

/** The file of each message and enum, by `.package.Type`. */
function typeOwners(files: Iterable<IFileDescriptorProto>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const file of files) {
    const add = (scope: string, types: readonly (IDescriptorProto & IEnumDescriptorProto)[]): void => {
      for (const type of types) {
        const name = `${scope}.${type.name!}`;
        owners.set(name, file.name!);
        add(name, [...(type.nestedType ?? []), ...(type.enumType ?? [])]);
      }
    };
    add(scopeOf(file), [...(file.messageType ?? []), ...(file.enumType ?? [])]);
  }
  return owners;
}

function qualifyNames(file: IFileDescriptorProto, owners: ReadonlyMap<string, string>): void {
  const imports = new Set<string>();
  const qualify = (name: string, scope: string): string => {
    const full = resolve(name, scope, owners);
    const owner = owners.get(full)!;
    if (owner !== file.name) imports.add(owner);
    return full;
  };
  const qualifyMessage = (message: IDescriptorProto, scope: string): void => {
    const inside = `${scope}.${message.name!}`;
    for (const field of message.field ?? []) {
      if (field.typeName !== undefined && field.typeName !== '') field.typeName = qualify(field.typeName, inside);
    }
    for (const nested of message.nestedType ?? []) qualifyMessage(nested, inside);
  };
  for (const message of file.messageType ?? []) qualifyMessage(message, scopeOf(file));
  for (const method of file.service?.flatMap((service) => service.method ?? []) ?? []) {
    method.inputType = qualify(method.inputType!, scopeOf(file));
    method.outputType = qualify(method.outputType!, scopeOf(file));
  }
  file.dependency = [...imports];
}

/** Protobuf's name resolution: innermost scope first. */
function resolve(name: string, scope: string, owners: ReadonlyMap<string, string>): string {
  if (name.startsWith('.')) return name;
  for (let inner = scope; ; inner = inner.slice(0, inner.lastIndexOf('.'))) {
    if (owners.has(`${inner}.${name}`)) return `${inner}.${name}`;
    if (inner === '') throw new Error(`no file defines ${name}, used in ${scope}`);
  }
}

function scopeOf(file: IFileDescriptorProto): string {
  return file.package === undefined || file.package === '' ? '' : `.${file.package}`;
}
