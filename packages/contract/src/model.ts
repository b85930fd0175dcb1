// What the protos say, as plain objects: the one description that gateway, services, types and OpenAPI are made from.

/** One thing that is wrong with a request. `field` is a path such as `files[0].platform`; empty for the whole. */
export interface Violation {
  field: string;
  reason: string;
}

/** Roles from least to most; `enroll`, `host` and `service` stand apart. */
export type Role = 'open' | 'viewer' | 'operator' | 'admin' | 'enroll' | 'host' | 'service';

/** A JSON Schema (2020-12) as a plain object. */
export type JsonSchema = { [keyword: string]: unknown };

/** Where a value comes from: `json` is typed but for integers as decimal strings; in `text` (query, form) all is text. */
export type Source = 'json' | 'text';

export interface MessageContract {
  /** Full name without a leading dot, such as `egg.blocklists.v1.DomainBlock`. */
  readonly name: string;
  readonly comment: string;
  /** The message as JSON, whole; other messages stand inline. */
  readonly schema: JsonSchema;
  readonly fields: readonly FieldContract[];
  /**
   * Brings a value from the outside into the shape of the message: decimal strings become integers, text becomes what the field
   * is, and where the message has a field `clear`, `null` in a field that can be emptied is named there. What cannot be read stays
   * for `validate`.
   */
  coerce(value: unknown, source: Source): unknown;
  /** All that breaks the rules of the message; empty if nothing does. Dates may be `Date` or RFC 3339. */
  validate(value: unknown): Violation[];
  /** To the wire. Takes what `validate` found right. */
  encode(value: object): Uint8Array;
  /** From the wire, for a request: what was not sent is absent. Throws on malformed bytes. */
  decodeRequest(bytes: Uint8Array): object;
  /** From the wire, for a reply: fields without presence have their default. Throws on malformed bytes. */
  decodeReply(bytes: Uint8Array): object;
}

export interface FieldContract {
  readonly name: string;
  /** The name in JSON, where it is another one; two fields of an answer may share it if only one is filled. */
  readonly jsonName?: string;
  readonly comment: string;
  readonly kind:
    'string' | 'bool' | 'integer' | 'number' | 'bytes' | 'enum' | 'message' | 'timestamp' | 'json' | 'map';
  /** The message, enum or well-known type, where `kind` has one. */
  readonly typeName?: string;
  /** The words that the value may be, where the proto names them. */
  readonly words?: readonly string[];
  readonly repeated: boolean;
  /** Has presence: `optional` in the proto. */
  readonly optional: boolean;
  readonly required: boolean;
  readonly outputOnly: boolean;
  readonly immutable: boolean;
}

export type BodyKind = 'json' | 'json_stream' | 'sse' | 'progress' | 'raw' | 'content';

export interface MethodContract {
  /** `Add` */
  readonly name: string;
  /** `/egg.blocklists.v1.DomainBlockService/Add` */
  readonly path: string;
  /** `egg.blocklists.v1.DomainBlockService` */
  readonly service: string;
  readonly comment: string;
  readonly request: MessageContract;
  readonly reply: MessageContract;
  readonly requestStream: boolean;
  readonly replyStream: boolean;
  readonly http?: { readonly verb: 'GET' | 'POST'; readonly path: string };
  readonly roles: readonly Role[];
  readonly body: BodyKind;
  /** The request field that the body of an HTTP request fills, piece by piece; the others come from the query. */
  readonly rawField?: string;
  /** The body may also be a form, whose one file is what fills that field. */
  readonly multipart: boolean;
  /** One of the panel's own nine routes. */
  readonly original: boolean;
  readonly writes: boolean;
  /** The request field with which the answer never changes. */
  readonly immutableWith?: string;
}

export interface TableContract {
  readonly name: string;
  /** The first part of its HTTP paths: `domain`. */
  readonly path: string;
  readonly service: string;
  readonly record: MessageContract;
  readonly key: readonly string[];
  readonly search?: string;
  readonly counter?: string;
  /** What happens to records beside their commits is told of under `egg.<facts>`. */
  readonly facts?: string;
  /** The tables whose records a record can point at. */
  readonly pointsAt: readonly string[];
  /** The records of other tables that a record points at, as its proto says. */
  references(record: object): Reference[];
}

/** One record that points at another. */
export interface Reference {
  /** Where the id stands in the record that points: `files[0].file_id`. */
  readonly field: string;
  readonly table: string;
  readonly id: number;
}

export interface ServiceContract {
  /** `egg.blocklists.v1.DomainBlockService` */
  readonly name: string;
  /** `egg.blocklists.v1` */
  readonly package: string;
  readonly comment: string;
  readonly methods: readonly MethodContract[];
  readonly table?: TableContract;
}

export interface Contract {
  readonly services: readonly ServiceContract[];
  readonly tables: readonly TableContract[];
  /** By full name. Throws if there is none. */
  service(name: string): ServiceContract;
  /** By the table's own name, `domain_block`. Throws if there is none. */
  table(name: string): TableContract;
  /** By full name. Throws if there is none. */
  message(name: string): MessageContract;
  /** The protos for gRPC server reflection: serialised FileDescriptorProtos, one for each package. */
  descriptors(): readonly Uint8Array[];
}
