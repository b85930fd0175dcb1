// How the answers that are a file stand on the OpenAPI page: whole, in part, or known to the client already.

import type { JsonSchema } from './model.ts';
import { REQUEST_ID_HEADER } from './openapi-errors.ts';

const text = (description: string): JsonSchema => ({ description, schema: { type: 'string' } });

const FILE_HEADERS = {
  ...REQUEST_ID_HEADER,
  ETag: text('The SHA-256 of the whole content, in hex and in quotes.'),
  'Last-Modified': text('When the file, or the name that was asked for, was last changed.'),
  'Accept-Ranges': { description: 'Ranges of bytes can be asked for.', schema: { const: 'bytes' } },
};

const BODY_HEADERS = {
  ...FILE_HEADERS,
  'Content-Disposition': text('The name to keep it under.'),
  'Content-Length': { description: 'In bytes.', schema: { type: 'integer', minimum: 0 } },
};

const BODY = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

/** The answers of a method whose body is `content`, without its errors. */
export const CONTENT_RESPONSES: JsonSchema = {
  200: { description: 'The content.', headers: BODY_HEADERS, content: BODY },
  206: {
    description: 'The range that was asked for.',
    headers: { ...BODY_HEADERS, 'Content-Range': text('Which bytes come, of how many.') },
    content: BODY,
  },
  304: { description: 'The client has the content.', headers: FILE_HEADERS },
};

/** What such a method reads from the headers. */
export const CONTENT_PARAMETERS = {
  Range: {
    name: 'Range',
    in: 'header',
    description:
      'One range of bytes, such as `bytes=0-499`, `bytes=500-` or `bytes=-500`; anything else is ignored.',
    schema: { type: 'string' },
  },
  IfRange: {
    name: 'If-Range',
    in: 'header',
    description:
      'The `ETag` or the `Last-Modified` of what the client has a part of; if it is another by now, all of it comes.',
    schema: { type: 'string' },
  },
  IfModifiedSince: {
    name: 'If-Modified-Since',
    in: 'header',
    description: 'The `Last-Modified` of an answer that the client has. `If-None-Match` goes before it.',
    schema: { type: 'string' },
  },
};
