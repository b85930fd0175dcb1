import { loadContract } from '@egg/contract';
import protobufDescriptor from 'protobufjs/ext/descriptor/index.js';
import { expect, test } from 'vitest';
import { linkDescriptors } from '../src/descriptors.ts';
import { RpcError } from '../src/index.ts';
import { decodeDetails, encodeDetails } from '../src/status-details.ts';

interface File {
  name: string;
  dependency: string[];
  messageType: { name: string; field: { name: string; typeName?: string; proto3Optional?: boolean }[] }[];
}

test('the API’s descriptors name their imports, and every name in them is absolute and there', () => {
  const linked = linkDescriptors(
    loadContract().descriptors(),
    (file) => file.package === 'egg.blocklists.v1',
  );
  const files = linked.map(
    (bytes) => protobufDescriptor.FileDescriptorProto.decode(bytes) as unknown as File,
  );
  const names = files.map(({ name }) => name);
  expect(names).toContain('google/protobuf/timestamp.proto');
  expect(names.join()).not.toMatch(/descriptor|options/);
  for (const { dependency } of files) expect(names).toEqual(expect.arrayContaining(dependency));
  const fields = files.flatMap(({ messageType }) => messageType.flatMap(({ field }) => field));
  for (const { typeName } of fields) if (typeName) expect(typeName).toMatch(/^\./);
  expect(fields.find(({ name }) => name === 'expires_at')).toMatchObject({
    typeName: '.google.protobuf.Timestamp',
    proto3Optional: true,
  });
});

test('details fit into a header whatever they say', () => {
  const violations = Array.from({ length: 1000 }, (_, n) => ({ field: `f${n}`, reason: '🥚'.repeat(500) }));
  const error = new RpcError('INVALID_ARGUMENT', '\ud800 alone', { violations });
  const bytes = encodeDetails(error, 4096);
  expect(bytes.length).toBeLessThan(4096);
  expect(decodeDetails(bytes)).toMatchObject({ code: 'INVALID_ARGUMENT', message: '\ufffd alone' });
  expect(decodeDetails(bytes).violations.length).toBeGreaterThan(0);
});
