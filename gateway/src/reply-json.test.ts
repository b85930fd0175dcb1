// Two fields of a reply may share a name in JSON: the one that is filled is written.

import { expect, test } from 'vitest';
import { loadContract } from '@egg/contract';
import { compileReply } from './reply-json.ts';

const contract = loadContract();
const check = contract
  .service('egg.blocklists.v1.DomainBlockService')
  .methods.find(({ name }) => name === 'Check');
if (!check) throw new Error('there is no Check');
const write = compileReply(contract, check);
const answer = (reply: object): unknown =>
  JSON.parse(write(check.reply.decodeReply(check.reply.encode(reply))));

const entry = { id: 7, domain: 'example.org', match: 'subdomains', action: 'block' };
const blocked = { domain: 'a.example.org', blocked: true, by: entry };
const free = { domain: 'example.net', blocked: false };

test('one message and a list of them stand under the same name', () => {
  expect(answer({ verdict: blocked })).toEqual({ status: 0, msg: 'ok', data: blocked });
  expect(answer({ verdict: free })).toEqual({ status: 0, msg: 'ok', data: free });
  expect(answer({ verdicts: [free, blocked] })).toEqual({ status: 0, msg: 'ok', data: [free, blocked] });
});
