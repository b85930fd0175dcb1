// A caller of gRPC that knows nothing of the API but an address: it asks the server itself what there is, as grpcurl does.

import { createRequire } from 'node:module';
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import {
  loadFileDescriptorSetFromBuffer,
  loadSync,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true };
const REFLECTION = createRequire(import.meta.url)
  .resolve('@grpc/reflection')
  .replace(/src\/index\.js$/, 'proto/grpc/reflection/v1/reflection.proto');
const INFO = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

type Question = { list_services: string } | { file_containing_symbol: string } | { file_by_filename: string };
interface Reply {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_message: string };
}

interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface ReflectionClient {
  /** The names of all services. */
  services(): Promise<string[]>;
  /** The names of a service's methods. */
  methods(service: string): Promise<string[]>;
  /** Calls a method with one reply. Rejects with a ServiceError. */
  call(service: string, method: string, request: object, options?: CallOptions): Promise<unknown>;
  /** Calls a method with many replies and collects them. Rejects with a ServiceError. */
  collect(service: string, method: string, request: object): Promise<unknown[]>;
  close(): void;
}

/** A client of the server at `host:port`. */
export function reflectionClient(address: string): ReflectionClient {
  const client = new Client(address, credentials.createInsecure());
  const reflection = definitionOf(loadSync(REFLECTION, OPTIONS), 'grpc.reflection.v1.ServerReflection');

  async function ask(question: Question): Promise<Reply> {
    const { requestSerialize, responseDeserialize } = reflection['ServerReflectionInfo'] as Method;
    const stream = client.makeBidiStreamRequest(INFO, requestSerialize, responseDeserialize);
    stream.write(question);
    stream.end();
    for await (const reply of stream as AsyncIterable<Reply>) {
      if (reply.error_response) throw new Error(reply.error_response.error_message);
      return reply;
    }
    throw new Error('the reflection service does not answer');
  }

  /** The files that hold a symbol, and all that they import. */
  async function filesOf(question: Question, files = new Set<string>()): Promise<Set<string>> {
    const { file_descriptor_response: found } = await ask(question);
    for (const file of found?.file_descriptor_proto ?? []) files.add(file.toString('base64'));
    return files;
  }

  async function definition(service: string): Promise<ServiceDefinition> {
    const writer = protobuf.Writer.create();
    for (const file of await filesOf({ file_containing_symbol: service })) {
      writer.uint32(10).bytes(Buffer.from(file, 'base64'));
    }
    const set = loadFileDescriptorSetFromBuffer(Buffer.from(writer.finish()), OPTIONS);
    return definitionOf(set, service);
  }

  async function method(service: string, name: string): Promise<Method> {
    const found = (await definition(service))[name];
    if (!found) throw new Error(`${service} has no ${name}`);
    return found;
  }

  return {
    services: async () => {
      const { list_services_response: list } = await ask({ list_services: '' });
      return (list?.service ?? []).map(({ name }) => name);
    },
    methods: async (service) => Object.keys(await definition(service)),
    call: async (service, name, request, { metadata = {}, timeoutMs = 10_000 } = {}) => {
      const { path, requestSerialize, responseDeserialize } = await method(service, name);
      const sent = new Metadata();
      for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
      return new Promise<unknown>((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          sent,
          { deadline: Date.now() + timeoutMs },
          (error: ServiceError | null, reply) => (error ? reject(error) : resolve(reply)),
        );
      });
    },
    collect: async (service, name, request) => {
      const { path, requestSerialize, responseDeserialize } = await method(service, name);
      return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request).toArray();
    },
    close: () => client.close(),
  };
}

type Method = MethodDefinition<object, object>;

const { root: GOOGLE } = protobuf.parse(
  `
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; }
    repeated FieldViolation field_violations = 1;
  }
`,
  { keepCase: true },
);

/** The fields that an error names by its `google.rpc.BadRequest` details. */
export function faultyFields({ metadata }: ServiceError): string[] {
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) return [];
  const { details } = GOOGLE.lookupType('google.rpc.Status').decode(bytes).toJSON() as Partial<StatusJson>;
  return (details ?? [])
    .filter(({ type_url: type }) => type.endsWith('/google.rpc.BadRequest'))
    .map(({ value }) => GOOGLE.lookupType('google.rpc.BadRequest').decode(Buffer.from(value, 'base64')))
    .flatMap((message) => (message.toJSON() as BadRequestJson).field_violations.map(({ field }) => field));
}

interface StatusJson {
  readonly details: readonly { readonly type_url: string; readonly value: string }[];
}
interface BadRequestJson {
  readonly field_violations: readonly { readonly field: string }[];
}

function definitionOf(packages: PackageDefinition, service: string): ServiceDefinition {
  const found = packages[service];
  if (!found) throw new Error(`no descriptor of ${service}`);
  return found as ServiceDefinition;
}
