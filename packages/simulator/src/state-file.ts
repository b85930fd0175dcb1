// The fleet on disk, so that a second simulation goes on with the same hosts: JSON lines, first what fleet it is, then a line for each
// host. A line is written as soon as a host has its token, which is shown once; in the end the file is written anew, with what runs on
// the hosts and what they know of their work.

import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import type { Fleet } from './fleet.ts';
import type { Known } from './work.ts';

interface Head {
  readonly server: string;
  readonly prefix: string;
}

interface Line {
  readonly host: number;
  readonly id: number;
  readonly token: string;
  readonly eggs?: readonly { readonly egg: string; readonly version: string }[];
  readonly work?: readonly Known[];
}

/** Only its owner may read the tokens. */
const MODE = 0o600;

export interface Kept {
  workOf(host: number): readonly Known[];
  setWork(host: number, work: readonly Known[]): void;
}

export class StateFile {
  readonly #path: string;
  readonly #head: Head;
  /** Of hosts that are not among those of this simulation, as they were. */
  #others: string[] = [];
  /** What is written waits for what was before. */
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, head: Head) {
    this.#path = path;
    this.#head = head;
  }

  /** Fills the fleet with the hosts that are kept. Throws where the file is of another fleet or is none of ours. */
  async load(fleet: Fleet, kept: Kept): Promise<void> {
    const lines = (await readOrNothing(this.#path)).split('\n');
    // Where it was cut off while a line was written, there is no end of that line.
    lines.pop();
    if (lines.length === 0) return this.#write(`${JSON.stringify(this.#head)}\n`);
    const head = parse<Partial<Head>>(lines[0], this.#path);
    const { server, prefix } = this.#head;
    if (head.server !== server || head.prefix !== prefix)
      throw new Error(
        `${this.#path} keeps the fleet ${head.prefix} of ${head.server}, not ${prefix} of ${server}`,
      );
    for (const line of lines.slice(1)) {
      const { host, id, token, eggs, work = [] } = parse<Line>(line, this.#path);
      if (host >= fleet.size) {
        this.#others.push(line);
        continue;
      }
      fleet.ids[host] = id;
      fleet.tokens[host] = token;
      if (eggs) fleet.setEggs(host, eggs);
      // The clock is another one now. That it runs is told again.
      kept.setWork(
        host,
        work.map((one) => ({ ...one, endsMs: 0, told: 0 })),
      );
    }
    await this.save(fleet, kept);
  }

  /** Keeps a host that has just enrolled. */
  add(line: Pick<Line, 'host' | 'id' | 'token'>): Promise<void> {
    this.#writing = this.#writing.then(() =>
      appendFile(this.#path, `${JSON.stringify(line)}\n`, { mode: MODE }),
    );
    return this.#writing;
  }

  /** Keeps all. */
  async save(fleet: Fleet, kept: Kept): Promise<void> {
    const lines = [JSON.stringify(this.#head)];
    for (const [host, token] of fleet.tokens.entries()) {
      if (token === undefined) continue;
      const line: Line = {
        host,
        id: fleet.ids[host] ?? 0,
        token,
        eggs: fleet.eggsOf(host),
        work: kept.workOf(host),
      };
      lines.push(JSON.stringify(line));
    }
    await this.#write(`${[...lines, ...this.#others].join('\n')}\n`);
  }

  #write(text: string): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      await writeFile(`${this.#path}.new`, text, { mode: MODE, flush: true });
      await rename(`${this.#path}.new`, this.#path);
    });
    return this.#writing;
  }
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parse<T>(line: string | undefined, path: string): T {
  try {
    return JSON.parse(line ?? '') as T;
  } catch {
    throw new Error(`${path} is no state of a simulation`);
  }
}
