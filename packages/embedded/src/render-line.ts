// Shows what the processes of the system write as lines for a person: the JSON of pino short, everything else as it is.

const LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** Fields that the line shows in other ways, or that help nobody at a terminal. */
const HIDDEN = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name', 'service', 'v', 'ready', 'err']);
const MOST_FIELDS = 8;
const LONGEST_FIELD = 200;
const NAME_WIDTH = 10;

/** A line as it is printed: who wrote it, and what. */
export function renderLine(name: string, line: string): string {
  return prefixed(name, readable(line));
}

/** A line without its writer; more than one where it tells of an error. */
export function readable(line: string): string {
  return renderJson(line) ?? line;
}

function prefixed(name: string, text: string): string {
  const prefix = `${name.padEnd(NAME_WIDTH)} | `;
  return prefix + text.replaceAll('\n', `\n${prefix}`);
}

function renderJson(line: string): string | undefined {
  const record = parseRecord(line);
  if (record === undefined) return undefined;
  const { level, time, msg, err } = record;
  const fields = Object.entries(record)
    .filter(([key]) => !HIDDEN.has(key))
    .slice(0, MOST_FIELDS)
    .map(([key, value]) => `${key}=${renderValue(value)}`);
  const head = [
    renderTime(time),
    LEVELS[Number(level)] ?? String(level),
    typeof msg === 'string' ? msg : '',
    ...fields,
  ];
  return [head.filter((part) => part !== '').join(' '), ...renderError(err, msg)].join('\n');
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const record = JSON.parse(line) as Record<string, unknown>;
    return 'level' in record ? record : undefined;
  } catch {
    return undefined;
  }
}

function renderTime(time: unknown): string {
  if (typeof time !== 'number' && typeof time !== 'string') return '';
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(11, 23);
}

function renderValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}…` : text;
}

/** The stack, which begins with the message; else the message, where it is not said yet. */
function renderError(err: unknown, msg: unknown): string[] {
  if (typeof err !== 'object' || err === null) return [];
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  if (typeof stack === 'string') return stack.split('\n').map((line) => `  ${line}`);
  return typeof message === 'string' && message !== msg ? [`  ${message}`] : [];
}
