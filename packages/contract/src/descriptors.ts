// The protos as descriptors, which is how server reflection tells of them.

import type protobuf from 'protobufjs';
import protobufDescriptor from 'protobufjs/ext/descriptor/index.js';

/** Every file of `root`, as a serialised FileDescriptorProto. protobufjs makes one file of all that is in a package. */
export function encodeDescriptors(root: protobuf.Root): Uint8Array[] {
  const { file } = root.toDescriptor('proto3') as unknown as { file: object[] };
  return file.map((one) => protobufDescriptor.FileDescriptorProto.encode(one).finish());
}
